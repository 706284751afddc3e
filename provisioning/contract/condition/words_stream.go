package condition

// streamWords tells what concerns the show and the line that carries it; it is
// only read.
var streamWords = map[string]entry{
	StreamDead: {
		ja: Words{"本体は動いていますが、配信が届いていません", "インターネット回線とルーターを確認してください。配信は自動的に再開します。",
			"視聴者には映像が見えていません。本体の記録で原因を確かめ、すぐに店舗へ電話してください。同じ配信先の本体が並ぶ場合は、配信サービスの窓口に連絡してください。"},
		en: Words{"The box works, but its show does not arrive", "Check the internet line and the router. The show resumes by itself.",
			"The viewers see nothing. Look for the cause in the box's events and call the studio at once. If many with the same ingest are listed, call the streaming service."},
		zh: Words{"设备正常，但直播没有送达", "请检查网络线路和路由器。恢复后直播会自动继续。",
			"观众看不到画面。请在设备记录中查找原因并立即致电门店。如果同一推流地址的多台设备同时出现，请联系直播服务商。"},
	},
	UnstableNetwork: {
		ja: Words{"回線が不安定で、接続が繰り返し切れています", "ルーターを再起動し、できれば有線LANに切り替えてください。",
			"同じ回線業者の本体が並ぶ場合は業者の障害情報を確認してください。1台だけなら、有線LANへの切り替えを店舗に勧めてください。"},
		en: Words{"The network is unstable: the box comes and goes", "Restart the router, and use a cable instead of Wi-Fi if you can.",
			"If many of one provider are listed, look at the provider's fault page. If it is this one only, advise the studio to use a cable."},
		zh: Words{"网络不稳定，连接反复中断", "请重启路由器，并尽量改用有线网络。",
			"如果同一运营商的多台设备同时出现，请查看运营商的故障公告。如果只有这一台，请建议门店改用有线网络。"},
	},
	EncoderDown: {
		ja: Words{"映像の変換処理が停止しています", "自動的に再起動しています。1分たっても直らない場合は、本体の電源を入れ直してください。",
			"配信中でなければ、本体のプログラムを遠隔で再起動してください。同じバージョンで増えている場合は開発担当に伝えてください。"},
		en: Words{"The encoder has stopped", "It is restarting by itself. If this lasts longer than a minute, switch the box off and on.",
			"If no show is running, restart the program from afar. If several of one version report it, tell engineering."},
		zh: Words{"视频编码器已停止", "正在自动重新启动。如果一分钟后仍未恢复，请关闭设备电源后重新打开。",
			"如果没有直播，请远程重启设备程序。如果同一版本的多台设备出现，请通知研发人员。"},
	},
	IngestRefused: {
		ja: Words{"配信サーバーが接続を拒否しました", "設定ファイルの配信先アドレスと配信キーを確認してください。",
			"配信キーの期限と配信枠の設定を確認してください。店舗からは直せません。"},
		en: Words{"The streaming server refuses this box", "Check the address and the stream key of the ingest in the settings file.",
			"Check whether the stream key has expired and whether the show is set up at the service. The studio cannot mend this."},
		zh: Words{"直播服务器拒绝了连接", "请检查配置文件中的推流地址和推流密钥。",
			"请检查推流密钥是否过期，以及直播间是否已配置。门店无法自行解决。"},
	},
	UplinkDown: {
		ja: Words{"配信サーバーに接続できません", "インターネット回線とルーターを確認してください。接続は自動的に繰り返しています。",
			"同じ配信先や回線業者の本体も並んでいるか確認してください。並んでいればそちらの障害、1台だけなら店舗のルーターを疑ってください。"},
		en: Words{"The streaming server is not reachable", "Check the internet line and the router. The box keeps trying by itself.",
			"See whether others of the same ingest or provider are listed. If so, the fault is there; if not, suspect the studio's router."},
		zh: Words{"无法连接直播服务器", "请检查网络线路和路由器。设备会自动不断重试。",
			"请查看同一推流地址或运营商的其他设备是否也出现。如果是，则为对方故障；如果只有这一台，请检查门店路由器。"},
	},
	UplinkDead: {
		ja: Words{"映像が配信サーバーに届いていません", "回線が途切れています。ルーターを確認してください。配信は自動的に再開します。",
			"視聴者には映像が止まって見えています。1分以上続く場合は店舗に電話し、ルーターの再起動を勧めてください。"},
		en: Words{"The picture does not arrive at the streaming server", "The line is interrupted. Check the router. The show resumes by itself.",
			"The viewers see a frozen picture. If it lasts longer than a minute, call the studio and have the router restarted."},
		zh: Words{"画面没有送达直播服务器", "网络线路中断，请检查路由器。恢复后直播会自动继续。",
			"观众看到的画面已停住。如果持续一分钟以上，请致电门店重启路由器。"},
	},
	IngestSlow: {
		ja: Words{"配信サーバーの受信が遅れています", "回線ではなくサーバー側の混雑です。続く場合は配信サービスの窓口にご連絡ください。",
			"配信サービスの障害情報を確認し、続く場合は窓口に連絡してください。店舗への電話は必要ありません。"},
		en: Words{"The streaming server is slow", "The line is fine; the server is busy. If this lasts, tell the streaming service.",
			"Look at the streaming service's fault page and call the service if it lasts. The studio need not be called."},
		zh: Words{"直播服务器接收缓慢", "线路正常，是服务器繁忙。如果持续出现，请联系直播服务商。",
			"请查看直播服务的故障公告，如果持续请联系服务商。无需致电门店。"},
	},
	RateFloor: {
		ja: Words{"回線が遅く、画質を最低まで下げています", "同じ回線を使っているほかの機器の通信を止めるか、有線LANに切り替えてください。",
			"この店舗の回線速度の推移を確認してください。いつも同じ時間帯に遅い場合は、回線の契約変更を勧めてください。"},
		en: Words{"The line is slow: the picture is at its lowest quality", "Stop other devices that use the same line, or change from Wi-Fi to a cable.",
			"Look at this studio's rates over the last week. If it is slow at the same hours every day, advise a better contract for the line."},
		zh: Words{"线路过慢，画质已降到最低", "请停止同一线路上其他设备的使用，或改用有线网络。",
			"请查看该门店近期的线路速度。如果每天同一时段都慢，请建议升级宽带套餐。"},
	},
}
