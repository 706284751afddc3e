package signin

import (
	_ "embed"
	"html/template"
	"net/http"

	"studiobox/provisioning/console/language"
)

// tell is what a page of the sign-in says.
type tell int

const (
	tellSignIn tell = iota
	tellNoProvider
	tellProvider
	tellRefused
	tellNoGrant
	tellForged
	tellMany
	tellStore
	tellOut
	tellLink
	tellSpent
)

// texted is one text in every language.
type texted struct{ ja, en, zh string }

// told is what each page says; it is only read.
var told = [...]texted{
	tellSignIn:     {"サインインしてください。", "Please sign in.", "请登录。"},
	tellNoProvider: {"サインインの方法がまだ設定されていません。プログラムの起動時に表示されたリンクを開いてください。", "No way to sign in is set up yet. Open the link that the program printed at its start.", "尚未设置登录方式。请打开程序启动时显示的链接。"},
	tellProvider:   {"認証サーバーに接続できません。しばらくしてからもう一度お試しください。", "The sign-in server is not reachable. Please try again in a moment.", "无法连接认证服务器，请稍后再试。"},
	tellRefused:    {"サインインできませんでした。もう一度お試しください。", "The sign-in did not work. Please try again.", "登录失败，请重试。"},
	tellNoGrant:    {"この画面を使う権限がありません。管理者にお問い合わせください。", "You may not use this console. Ask its administrator for a role.", "您没有使用此控制台的权限，请联系管理员。"},
	tellForged:     {"この操作は受け付けられません。ページを開き直してから、もう一度お試しください。", "This request was not accepted. Load the page anew and try again.", "此操作未被接受。请重新打开页面后再试。"},
	tellMany:       {"失敗が続いたため、しばらく受け付けられません。数分後にもう一度お試しください。", "Too many attempts. Please try again in some minutes.", "尝试次数过多，请几分钟后再试。"},
	tellStore:      {"データベースに接続できません。しばらくしてからもう一度お試しください。", "The database is not reachable. Please try again in a moment.", "无法连接数据库，请稍后再试。"},
	tellOut:        {"サインアウトしました。", "You are signed out.", "您已退出登录。"},
	tellLink:       {"このリンクで、最初の管理者としてサインインします。リンクは一度だけ使えます。", "This link signs you in as the first administrator. It works once.", "使用此链接以首位管理员身份登录。链接仅能使用一次。"},
	tellSpent:      {"このリンクは使えません。期限が切れたか、すでに使われています。", "This link does not work: it is too old, or was used before.", "此链接无效：已过期或已被使用。"},
}

// signInWords names the button or link that leads on.
var signInWords = texted{"サインイン", "Sign in", "登录"}

// signOutWords names the link to the provider's own sign-out.
var signOutWords = texted{"認証サーバーからもサインアウト", "Sign out of the sign-in server, too", "同时退出认证服务器"}

//go:embed page.html
var pageText string

//go:embed page.css
var style []byte

// sheet is what the template shows.
type sheet struct {
	Lang, Text, SignIn, Token string
	Next, SignOut             string // where the provider ends its own session
	Path                      string
	Again                     bool // a link to try again makes sense
}

// show writes a page without a form.
func (g *Gate) show(w http.ResponseWriter, r *http.Request, status int, what tell) {
	g.page(w, r, status, sheet{}, what)
}

// page writes one page; with a token, a button that sends it.
func (g *Gate) page(w http.ResponseWriter, r *http.Request, status int, s sheet, what tell) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	h.Set("Vary", "Accept-Language, Cookie")
	w.WriteHeader(status)
	s.Lang = language.Of(r)
	s.Text, s.SignIn, s.SignOut, s.Path = told[what].in(s.Lang), signInWords.in(s.Lang), signOutWords.in(s.Lang), Path
	s.Again = s.Token == "" && what != tellNoProvider && what != tellSpent && what != tellForged
	if err := g.template.Execute(w, s); err != nil {
		g.log.Debug("a page was not read to its end", "err", err)
	}
}

// serveStyle is the one style sheet of these pages, which look like the
// console's without being a part of it.
func serveStyle(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	_, _ = w.Write(style) // the visitor left: nobody to tell
}

// newTemplate parses the embedded page.
func newTemplate() *template.Template { return template.Must(template.New("page").Parse(pageText)) }

// in picks the text of a language.
func (w texted) in(lang string) string {
	switch lang {
	case "ja":
		return w.ja
	case "zh":
		return w.zh
	}
	return w.en
}
