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
	CameraSettings: {
		ja: Words{"ルックの一部の設定にカメラが対応していません", "配信はできます。色や明るさが変わるときは、カメラ側の設定で露出とホワイトバランスを固定してください。",
			"詳細に、カメラが受け付けない設定が並んでいます。ルックからその設定を外すか、カメラ側で固定するよう店舗に案内してください。"},
		en: Words{"The camera does not take all settings of the look", "Shows work. If colours or brightness wander, fix exposure and white balance in the camera itself.",
			"The detail names what the camera does not take. Take it out of the look, or guide the studio to fix it in the camera itself."},
		zh: Words{"摄像机不支持场景的部分设置", "可以照常直播。如果颜色或亮度变化，请在摄像机上固定曝光和白平衡。",
			"详细信息中列出了摄像机不接受的设置。请从场景中去掉这些设置，或指导门店在摄像机上固定。"},
	},
	CameraPowerCycled: {
		ja: Words{"カメラの電源を入れ直しました", "映像が戻るまで約1分お待ちください。戻らない場合は、カメラのケーブルを確認してください。",
			"カメラが応答しなくなり、本体が自動で電源を入れ直しました。繰り返す場合は、カメラのケーブルと電源、ファームウェアを確認してください。"},
		en: Words{"The camera's power was switched off and on", "Wait about a minute for the picture. If it does not return, check the camera's cable.",
			"The camera did not answer, and the box cycled its power by itself. If it happens again, look at the camera's cable, supply and firmware."},
		zh: Words{"已重启摄像机电源", "请等待约一分钟恢复画面。如果没有恢复，请检查摄像机的连接线。",
			"摄像机没有响应，设备已自动重启其电源。如果反复出现，请检查摄像机的连接线、电源和固件。"},
	},
	CameraPowerLimited: {
		ja: Words{"電源を入れ直してもカメラが戻りません", "カメラのケーブルと電源を確認してください。",
			"1時間の上限まで電源を入れ直しました。ケーブルの抜け、カメラの故障、アドレスの変更が考えられます。店舗に電話し、確認してもらってください。"},
		en: Words{"The camera does not come back, even after its power was cycled", "Check the camera's cable and its supply.",
			"The box has cycled the camera's power as often as an hour allows. Think of an unplugged cable, a broken camera or a changed address, and call the studio."},
		zh: Words{"重启电源后摄像机仍未恢复", "请检查摄像机的连接线和电源。",
			"已达到每小时重启电源的上限。可能是连接线脱落、摄像机故障或地址变更。请致电门店确认。"},
	},
}
