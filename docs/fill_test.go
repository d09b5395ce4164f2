package docs_test
import ("testing";"os";"os/exec";"strings";"fmt")
func TestFill(t *testing.T) {
	page := os.Getenv("FILL"); if page=="" {t.Skip()}
	r := newReader(t)
	text := read(t, page)
	for _, e := range examplesOf(t, page) {
		r.clock.Add(1000)
		cmd := exec.Command("sh","-c",e.command); cmd.Env=r.env
		out,err := cmd.Output()
		if err!=nil {fmt.Println(e.line, err)}
		got,err := parseAnswer(string(out))
		if err!=nil {fmt.Println(e.line, err, string(out)); continue}
		r.remember(got)
		if e.answer!="FILL" {continue}
		s := got.status+"\n"
		for _,h := range []string{"Content-Type","Location","Www-Authenticate","Allow","Access-Control-Allow-Origin","Access-Control-Allow-Methods","Access-Control-Allow-Headers","Access-Control-Max-Age","Vary"} { if v:=got.header.Get(h); v!="" && v!="application/json" {s+=h+": "+v+"\n"} }
		if got.body!="" {s+="\n"+got.body}
		text = strings.Replace(text,"```http\nFILL\n","```http\n"+strings.TrimSpace(s)+"\n",1)
	}
	os.WriteFile(page,[]byte(text),0o644)
}
