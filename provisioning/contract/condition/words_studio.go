package condition

// studioWords tells what concerns button and turntable; it is only read.
var studioWords = map[string]entry{
	ButtonStuck: {
		ja: Words{"ボタンが押されたままになっています", "ボタンに物が載っていないか、引っかかっていないか確認してください。配信の停止は本体の操作画面からもできます。",
			"店舗に電話し、ボタンの上の物を取り除いてもらってください。直らない場合は交換用のボタンを送ってください。"},
		en: Words{"The button stays pressed", "See whether something lies on it or holds it down. The box's own page can stop a show, too.",
			"Call the studio and have whatever lies on the button removed. If that does not help, send a new button."},
		zh: Words{"按钮一直处于按下状态", "请检查按钮上是否压有物品或被卡住。也可以在设备的操作页面上停止直播。",
			"请致电门店移开按钮上的物品。如果仍未恢复，请寄送新的按钮。"},
	},
	ButtonCut: {
		ja: Words{"ボタンの配線が外れています", "ボタンと本体をつなぐケーブルを確認してください。配信の停止は本体の操作画面からもできます。",
			"店舗に電話し、ケーブルの差し込みを確認してもらってください。直らない場合は交換用のボタンとケーブルを送ってください。"},
		en: Words{"The button's wire is broken or unplugged", "Check the cable between button and box. The box's own page can stop a show, too.",
			"Call the studio and have the cable's plug checked. If that does not help, send a new button with its cable."},
		zh: Words{"按钮线路已断开", "请检查按钮与设备之间的连接线。也可以在设备的操作页面上停止直播。",
			"请致电门店检查连接线是否插好。如果仍未恢复，请寄送新的按钮和连接线。"},
	},
	TurntableStopped: {
		ja: Words{"回転台が安全のため停止しました", "非常停止ボタンと、回転台に物が当たっていないかを確認し、もう一度操作してください。配信は続いています。",
			"遠隔では動かせません。繰り返す場合は店舗に電話し、台の周りと載せている物の重さを確認してもらってください。"},
		en: Words{"The turntable has stopped to be safe", "Check the emergency stop, and that nothing blocks the table; then ask it to turn again. The show goes on.",
			"It cannot be moved from afar. If it happens again, call the studio about what touches the table and how heavy its load is."},
		zh: Words{"转台已安全停止", "请检查紧急停止按钮，并确认转台没有被卡住，然后重新操作。直播不受影响。",
			"转台无法远程启动。如果反复出现，请致电门店检查转台周围和所放物品的重量。"},
	},
	StudioPartDown: {
		ja: Words{"スタジオの機器の一つが応答していません", "表示器や照明のケーブルと電源を確認してください。つながると自動的に動き出します。配信には影響ありません。",
			"詳細に機器の名前があります。店舗に電話し、ケーブルと電源を確認してもらってください。"},
		en: Words{"A part of the studio does not answer", "Check cable and supply of the display and the lamps. It starts by itself once it is there. Shows are not affected.",
			"The detail names it. Call the studio and have its cable and supply checked."},
		zh: Words{"演播室的一个部件没有响应", "请检查显示屏和灯光的连接线与电源。连接后会自动恢复工作。直播不受影响。",
			"详细信息中有部件名称。请致电门店检查其连接线和电源。"},
	},
	TurntableWarm: {
		ja: Words{"回転台のモーター回路が熱くなっています", "回転台をしばらく休ませ、回路の周りの風通しを確認してください。配信は続いています。",
			"約120度に達しています。載せている物の重さと設置場所を店舗に確認してください。繰り返す場合は、モーターの電流の設定を下げるよう設置担当に伝えてください。"},
		en: Words{"The turntable's motor driver is hot", "Let the table rest for a while and give the electronics air. The show goes on.",
			"It has reached about 120 degrees Celsius. Ask the studio about the load and the place; if it happens again, have turntable.run lowered in box.toml."},
		zh: Words{"转台电机驱动器温度过高", "请让转台休息一会儿，并确认电路周围通风良好。直播不受影响。",
			"温度已达到约120摄氏度。请向门店确认所放物品的重量和摆放位置。如果反复出现，请安装人员调低电机电流的设置。"},
	},
	TurntableUneven: {
		ja: Words{"回転台の動きが滑らかでないことがあります", "配信はできます。気になる場合は、サポート窓口にご連絡ください。",
			"回転台の信号を優先して処理する権限がありません。systemdの設定にLimitRTPRIO＝40を加えるよう、設置担当に伝えてください。"},
		en: Words{"The turntable may turn unevenly", "Shows work. Call support if it can be seen.",
			"The program was refused real-time priority for the pulses of the motor. Have LimitRTPRIO=40 added to its systemd unit."},
		zh: Words{"转台转动可能不够平稳", "可以正常直播。如果看得出来，请联系技术支持。",
			"程序没有获得电机脉冲所需的实时优先级。请安装人员在systemd配置中加入LimitRTPRIO＝40。"},
	},
}
