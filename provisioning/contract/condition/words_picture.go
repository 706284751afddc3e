package condition

// pictureWords tells what concerns the camera; it is only read.
var pictureWords = map[string]entry{
	CameraLost: {
		ja: Words{"カメラとの接続が切れています", "カメラの電源とLANケーブルを確認してください。接続が戻ると自動的に再開します。",
			"店舗に電話し、カメラの電源ランプとLANケーブルを確認してもらってください。頻繁に切れる場合はケーブルを交換してください。"},
		en: Words{"The camera is not reachable", "Check the camera's power and network cable. The box reconnects by itself.",
			"Call the studio and have the camera's lamp and network cable checked. If it drops out often, have the cable replaced."},
		zh: Words{"与摄像机的连接已断开", "请检查摄像机的电源和网线。恢复后会自动重新连接。",
			"请致电门店检查摄像机的电源指示灯和网线。如果经常断开，请更换网线。"},
	},
	CameraRefused: {
		ja: Words{"カメラが接続を受け付けません", "設定ファイルのカメラのアドレス、ユーザー名、パスワードを確認してください。",
			"カメラの交換やパスワードの変更がなかったか店舗に確認し、本体の設定を合わせてください。"},
		en: Words{"The camera refuses this box", "Check the camera's address, user name and password in the settings file.",
			"Ask whether the camera was replaced or its password changed, and bring the box's settings in line."},
		zh: Words{"摄像机拒绝了连接", "请检查配置文件中摄像机的地址、用户名和密码。",
			"请向门店确认是否更换过摄像机或修改过密码，并相应调整设备的设置。"},
	},
	CameraNoAudio: {
		ja: Words{"カメラから音声が届いていません", "マイクの接続と、カメラ側の音声設定を確認してください。",
			"配信中なら、すぐに店舗へ電話してください。視聴者には音が聞こえていません。"},
		en: Words{"No sound arrives from the camera", "Check the microphone's plug and the sound settings of the camera.",
			"During a show, call the studio at once: the viewers hear nothing."},
		zh: Words{"没有收到摄像机的声音", "请检查麦克风的连接和摄像机的音频设置。",
			"如果正在直播，请立即致电门店：观众听不到声音。"},
	},
	ColourDrift: {
		ja: Words{"映像の色がずれています", "照明を確かめ、グレーカードを写してホワイトバランスを取り直してください。",
			"照明の交換や外光の変化がなかったか店舗に確認し、グレーカードでの再調整を案内してください。商品の色が実物と違って見えます。"},
		en: Words{"The colours of the picture have drifted", "Check the lights, show the grey card to the camera and set the white balance again.",
			"Ask whether a lamp was replaced or daylight falls in, and guide the studio through the grey card. The goods look different from what they are."},
		zh: Words{"画面颜色出现偏差", "请检查灯光，将灰卡放在摄像机前并重新设置白平衡。",
			"请向门店确认是否更换过灯具或有自然光射入，并指导用灰卡重新校准。商品颜色与实物不符。"},
	},
}
