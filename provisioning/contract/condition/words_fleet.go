package condition

// fleetWords tells what concerns the box's word with ops; it is only read.
var fleetWords = map[string]entry{
	MQTTRefused: {
		ja: Words{"監視サーバーが接続を拒否しました", "配信には影響ありません。サポート窓口にご連絡ください。",
			"この本体の証明書の期限と、ブローカーのアクセス許可を確認してください。"},
		en: Words{"The monitoring server refuses this box", "Shows are not affected. Please call support.",
			"Check whether the box's certificate has expired and what the broker's access list allows it."},
		zh: Words{"监控服务器拒绝了连接", "直播不受影响。请联系技术支持。",
			"请检查该设备证书的有效期和代理服务器的访问权限。"},
	},
	MQTTDown: {
		ja: Words{"監視サーバーに接続できません", "配信には影響ありません。接続は自動的に繰り返しています。",
			"後から届く記録です。店舗のルーターが監視用のポートを通しているか確認してください。"},
		en: Words{"The monitoring server is not reachable", "Shows are not affected. The box keeps trying by itself.",
			"This arrives only afterwards. See whether the studio's router lets the monitoring port pass."},
		zh: Words{"无法连接监控服务器", "直播不受影响。设备会自动不断重试。",
			"此记录是事后送达的。请确认门店路由器是否放行监控端口。"},
	},
	IdentityClash: {
		ja: Words{"同じ識別番号の本体がもう1台あります", "配信には影響ありません。サポート窓口にご連絡ください。",
			"メモリーカードの複製か、証明書の流出が考えられます。両方の接続元を確認し、本物でないほうを止め、本物の証明書を作り直してください。"},
		en: Words{"Another box uses the same identity", "Shows are not affected. Please call support.",
			"A memory card was copied, or a certificate got out. Find both sources, shut out the false one and give the true one a new certificate."},
		zh: Words{"存在另一台使用相同身份的设备", "直播不受影响。请联系技术支持。",
			"可能是存储卡被复制，或证书已泄露。请查明两个连接来源，停用冒充的设备，并为真正的设备更换证书。"},
	},
	SettingsRefused: {
		ja: Words{"送られた設定の一部を適用できませんでした", "操作は必要ありません。これまでの設定で動いています。",
			"本体のページで、希望した設定と適用された設定、断った理由を見比べ、直した設定を送り直してください。"},
		en: Words{"Some settings sent to this box are not in force", "Nothing needs to be done. The box goes on with what it had.",
			"Compare on the box's page what was wished, what is in force and why the rest was refused; then send corrected settings."},
		zh: Words{"部分下发的设置未能生效", "无需任何操作。设备继续使用原有设置。",
			"请在设备页面上对比期望设置、已生效设置和拒绝原因，修正后重新下发。"},
	},
	NeverSeen: {
		ja: Words{"まだ一度も接続していません", "電源とLANケーブルをつなぐと、自動的に接続します。",
			"発送から1週間たっている場合は、届いているか、電源を入れたかを店舗に確認してください。"},
		en: Words{"It has never connected", "Plug in power and the network cable. The box connects by itself.",
			"If it was sent more than a week ago, ask the studio whether it arrived and was switched on."},
		zh: Words{"从未连接过", "接上电源和网线后，设备会自动连接。",
			"如果发货已超过一周，请向门店确认是否收到并已通电。"},
	},
}
