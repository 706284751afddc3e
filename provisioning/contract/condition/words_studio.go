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
}
