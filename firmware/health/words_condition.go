package health

// conditionWords tells each condition; it is only read.
var conditionWords = map[string]entry{
	CameraLost: {
		ja: words{"カメラとの接続が切れています", "カメラの電源とLANケーブルを確認してください。接続が戻ると自動的に再開します。"},
		en: words{"The camera is not reachable", "Check the camera's power and network cable. The box reconnects by itself."},
		zh: words{"与摄像机的连接已断开", "请检查摄像机的电源和网线。恢复后会自动重新连接。"},
	},
	CameraRefused: {
		ja: words{"カメラが接続を受け付けません", "設定ファイルのカメラのアドレス、ユーザー名、パスワードを確認してください。"},
		en: words{"The camera refuses this box", "Check the camera's address, user name and password in the settings file."},
		zh: words{"摄像机拒绝了连接", "请检查配置文件中摄像机的地址、用户名和密码。"},
	},
	CameraNoAudio: {
		ja: words{"カメラから音声が届いていません", "マイクの接続と、カメラ側の音声設定を確認してください。"},
		en: words{"No sound arrives from the camera", "Check the microphone's plug and the sound settings of the camera."},
		zh: words{"没有收到摄像机的声音", "请检查麦克风的连接和摄像机的音频设置。"},
	},
	EncoderDown: {
		ja: words{"映像の変換処理が停止しています", "自動的に再起動しています。1分たっても直らない場合は、本体の電源を入れ直してください。"},
		en: words{"The encoder has stopped", "It is restarting by itself. If this lasts longer than a minute, switch the box off and on."},
		zh: words{"视频编码器已停止", "正在自动重新启动。如果一分钟后仍未恢复，请关闭设备电源后重新打开。"},
	},
	IngestRefused: {
		ja: words{"配信サーバーが接続を拒否しました", "設定ファイルの配信先アドレスと配信キーを確認してください。"},
		en: words{"The streaming server refuses this box", "Check the address and the stream key of the ingest in the settings file."},
		zh: words{"直播服务器拒绝了连接", "请检查配置文件中的推流地址和推流密钥。"},
	},
	UplinkDown: {
		ja: words{"配信サーバーに接続できません", "インターネット回線とルーターを確認してください。接続は自動的に繰り返しています。"},
		en: words{"The streaming server is not reachable", "Check the internet line and the router. The box keeps trying by itself."},
		zh: words{"无法连接直播服务器", "请检查网络线路和路由器。设备会自动不断重试。"},
	},
	UplinkDead: {
		ja: words{"映像が配信サーバーに届いていません", "回線が途切れています。ルーターを確認してください。配信は自動的に再開します。"},
		en: words{"The picture does not arrive at the streaming server", "The line is interrupted. Check the router. The show resumes by itself."},
		zh: words{"画面没有送达直播服务器", "网络线路中断，请检查路由器。恢复后直播会自动继续。"},
	},
	IngestSlow: {
		ja: words{"配信サーバーの受信が遅れています", "回線ではなくサーバー側の混雑です。続く場合は配信サービスの窓口にご連絡ください。"},
		en: words{"The streaming server is slow", "The line is fine; the server is busy. If this lasts, tell the streaming service."},
		zh: words{"直播服务器接收缓慢", "线路正常，是服务器繁忙。如果持续出现，请联系直播服务商。"},
	},
	RateFloor: {
		ja: words{"回線が遅く、画質を最低まで下げています", "同じ回線を使っているほかの機器の通信を止めるか、有線LANに切り替えてください。"},
		en: words{"The line is slow: the picture is at its lowest quality", "Stop other devices that use the same line, or change from Wi-Fi to a cable."},
		zh: words{"线路过慢，画质已降到最低", "请停止同一线路上其他设备的使用，或改用有线网络。"},
	},
	DiskLow: {
		ja: words{"保存領域の空きが少なくなっています", "不要なファイルを削除するか、サポート窓口にご連絡ください。"},
		en: words{"The disk is almost full", "Delete files that are no longer needed, or call support."},
		zh: words{"存储空间不足", "请删除不需要的文件，或联系技术支持。"},
	},
	TooHot: {
		ja: words{"本体の温度が高くなっています", "風通しのよい場所に移し、通気口をふさいでいないか確認してください。"},
		en: words{"The box is too hot", "Move it to an airy place and make sure that nothing covers its vents."},
		zh: words{"设备温度过高", "请将设备移到通风处，并确认通风口没有被挡住。"},
	},
	UnderVoltage: {
		ja: words{"電源の電圧が不足しています", "付属の電源アダプターとケーブルを、延長せずに直接つないでください。"},
		en: words{"The power supply is too weak", "Use the power adapter and cable that came with the box, without an extension."},
		zh: words{"供电电压不足", "请使用随附的电源适配器和电源线直接供电，不要使用延长线。"},
	},
	ClockWrong: {
		ja: words{"本体の時計が合っていません", "インターネットにつなぐと自動的に合います。数分待っても直らない場合は、サポート窓口にご連絡ください。"},
		en: words{"The clock of the box is wrong", "It sets itself once the internet is reachable. If it does not within minutes, call support."},
		zh: words{"设备时钟不正确", "连接互联网后会自动校准。如果几分钟后仍未恢复，请联系技术支持。"},
	},
	MQTTRefused: {
		ja: words{"監視サーバーが接続を拒否しました", "配信には影響ありません。サポート窓口にご連絡ください。"},
		en: words{"The monitoring server refuses this box", "Shows are not affected. Please call support."},
		zh: words{"监控服务器拒绝了连接", "直播不受影响。请联系技术支持。"},
	},
	MQTTDown: {
		ja: words{"監視サーバーに接続できません", "配信には影響ありません。接続は自動的に繰り返しています。"},
		en: words{"The monitoring server is not reachable", "Shows are not affected. The box keeps trying by itself."},
		zh: words{"无法连接监控服务器", "直播不受影响。设备会自动不断重试。"},
	},
	ButtonStuck: {
		ja: words{"ボタンが押されたままになっています", "ボタンに物が載っていないか、引っかかっていないか確認してください。配信の停止は本体の操作画面からもできます。"},
		en: words{"The button stays pressed", "See whether something lies on it or holds it down. The box's own page can stop a show, too."},
		zh: words{"按钮一直处于按下状态", "请检查按钮上是否压有物品或被卡住。也可以在设备的操作页面上停止直播。"},
	},
	Throttled: {
		ja: words{"本体の処理速度が落ちています", "風通しをよくし、付属の電源アダプターを使っているか確認してください。"},
		en: words{"The box runs slower than it should", "Give it air, and make sure that it has its own power supply."},
		zh: words{"设备运行速度降低", "请保持通风，并确认使用的是原装电源适配器。"},
	},
	DiskWorn: {
		ja: words{"保存メモリーの寿命が近づいています", "配信はできますが、早めにサポート窓口へ交換を依頼してください。"},
		en: words{"The box's memory is near the end of its life", "Shows still work. Ask support for a replacement soon."},
		zh: words{"存储器寿命即将用尽", "仍可直播，请尽快联系技术支持更换。"},
	},
	TurntableStopped: {
		ja: words{"回転台が安全のため停止しました", "非常停止ボタンと、回転台に物が当たっていないかを確認し、もう一度操作してください。配信は続いています。"},
		en: words{"The turntable has stopped to be safe", "Check the emergency stop, and that nothing blocks the table; then ask it to turn again. The show goes on."},
		zh: words{"转台已安全停止", "请检查紧急停止按钮，并确认转台没有被卡住，然后重新操作。直播不受影响。"},
	},
	ButtonCut: {
		ja: words{"ボタンの配線が外れています", "ボタンと本体をつなぐケーブルを確認してください。配信の停止は本体の操作画面からもできます。"},
		en: words{"The button's wire is broken or unplugged", "Check the cable between button and box. The box's own page can stop a show, too."},
		zh: words{"按钮线路已断开", "请检查按钮与设备之间的连接线。也可以在设备的操作页面上停止直播。"},
	},
}
