package health

// checkWords tells each check that failed; it is only read.
var checkWords = map[string]entry{
	CheckCamera: {
		ja: words{"カメラの映像が届いていません", "カメラの電源とLANケーブルを確認してから、もう一度ボタンを長押ししてください。"},
		en: words{"No picture arrives from the camera", "Check the camera's power and network cable, then hold the button again."},
		zh: words{"没有收到摄像机的画面", "请检查摄像机的电源和网线，然后再次长按按钮。"},
	},
	CheckAudio: {
		ja: words{"音声がありません", "マイクの接続と、カメラ側の音声設定を確認してください。"},
		en: words{"There is no sound", "Check the microphone's plug and the sound settings of the camera."},
		zh: words{"没有声音", "请检查麦克风的连接和摄像机的音频设置。"},
	},
	CheckEncoder: {
		ja: words{"映像の変換処理が使えません", "少し待ってから、もう一度お試しください。直らない場合は、本体の電源を入れ直してください。"},
		en: words{"The encoder is not ready", "Wait a moment and try again. If that does not help, switch the box off and on."},
		zh: words{"视频编码器未就绪", "请稍候再试。如果仍未恢复，请关闭设备电源后重新打开。"},
	},
	CheckIngest: {
		ja: words{"配信サーバーに接続できません", "インターネット回線と、設定ファイルの配信先アドレスを確認してください。"},
		en: words{"The streaming server cannot be reached", "Check the internet line and the ingest's address in the settings file."},
		zh: words{"无法连接直播服务器", "请检查网络线路和配置文件中的推流地址。"},
	},
	CheckLine: {
		ja: words{"回線の速度が足りません", "同じ回線を使っているほかの機器の通信を止めるか、有線LANに切り替えてください。"},
		en: words{"The line is too slow for a show", "Stop other devices that use the same line, or change from Wi-Fi to a cable."},
		zh: words{"线路速度不足，无法直播", "请停止同一线路上其他设备的使用，或改用有线网络。"},
	},
	CheckClock: {
		ja: words{"本体の時計が合っていません", "インターネットにつないで、時計が合うまで数分お待ちください。"},
		en: words{"The clock of the box is wrong", "Connect the box to the internet and wait some minutes until the clock has set itself."},
		zh: words{"设备时钟不正确", "请连接互联网，等待几分钟直到时钟自动校准。"},
	},
	CheckDisk: {
		ja: words{"保存領域の空きが足りません", "不要なファイルを削除するか、サポート窓口にご連絡ください。"},
		en: words{"The disk is full", "Delete files that are no longer needed, or call support."},
		zh: words{"存储空间已满", "请删除不需要的文件，或联系技术支持。"},
	},
	CheckTemperature: {
		ja: words{"本体の温度が高すぎます", "風通しのよい場所に移し、冷めるまでしばらくお待ちください。"},
		en: words{"The box is too hot to begin a show", "Move it to an airy place and let it cool down for a while."},
		zh: words{"设备温度过高，无法开始直播", "请将设备移到通风处，等待冷却后再试。"},
	},
	CheckPower: {
		ja: words{"電源の電圧が不足しています", "付属の電源アダプターとケーブルを、延長せずに直接つないでください。"},
		en: words{"The power supply is too weak", "Use the power adapter and cable that came with the box, without an extension."},
		zh: words{"供电电压不足", "请使用随附的电源适配器和电源线直接供电，不要使用延长线。"},
	},
}

// refusalWords tells each other reason why nothing goes on air; it is only read.
var refusalWords = map[string]entry{
	WhyChecksTimeout: {
		ja: words{"配信前の確認が終わりませんでした", "もう一度ボタンを長押ししてください。"},
		en: words{"The checks before the show did not finish", "Please hold the button again."},
		zh: words{"直播前的检查未能完成", "请再次长按按钮。"},
	},
	WhyGaveUp: {
		ja: words{"接続が戻らないため、配信を終了しました", "インターネット回線を確認してから、もう一度ボタンを長押ししてください。"},
		en: words{"The show ended because the connection did not come back", "Check the internet line, then hold the button again."},
		zh: words{"连接未能恢复，直播已结束", "请检查网络线路，然后再次长按按钮。"},
	},
	WhyRemoteStart: {
		ja: words{"遠隔からの配信開始は許可されていません", "本体のボタンを長押しして開始してください。許可は本体の操作画面で設定できます。"},
		en: words{"Starting from afar is not allowed", "Hold the button on the box to start. It can be allowed on the box's own page."},
		zh: words{"不允许远程开始直播", "请长按设备上的按钮开始。可以在设备的操作页面上设置是否允许。"},
	},
	WhyShutdown: {
		ja: words{"本体を終了しています", "再起動が終わるまでお待ちください。"},
		en: words{"The box is shutting down", "Wait until it has started again."},
		zh: words{"设备正在关闭", "请等待设备重新启动完成。"},
	},
	WhyLineButton: {
		ja: words{"ボタンの信号に異常があります", "ボタンの配線を確認し、いったん手を離してから、もう一度長押ししてください。"},
		en: words{"The button's signal is faulty", "Check the button's cable, let go, and hold it again."},
		zh: words{"按钮信号异常", "请检查按钮的连接线，松开后再次长按。"},
	},
	WhyLinePanel: {
		ja: words{"操作中に画面と本体の接続が切れました", "Wi-Fiの接続を確認してから、もう一度長押ししてください。"},
		en: words{"The page lost its connection during the press", "Check the Wi-Fi, then hold the button again."},
		zh: words{"操作过程中页面与设备的连接中断", "请检查Wi-Fi连接，然后再次长按。"},
	},
	WhyBox: {
		ja: words{"本体に異常が発生しました", "もう一度お試しください。繰り返す場合は、サポート窓口にご連絡ください。"},
		en: words{"Something went wrong inside the box", "Try again. If it happens again, call support."},
		zh: words{"设备内部发生异常", "请再试一次。如果反复出现，请联系技术支持。"},
	},
}
