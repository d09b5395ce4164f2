// Keys: write keys for pages, secret keys for other systems. A secret key is shown once.

import { useState } from "preact/hooks";
import { Failure, id as path, send } from "../../api";
import { ago, day, list, words } from "../../format";
import { now, useGet } from "../../hooks";
import { Card, Field, Loading, Problem } from "../../parts/basics";
import { Copy } from "../../parts/copy";
import { Dialog } from "../../parts/dialog";
import { Table } from "../../parts/table";
import { toast } from "../../parts/toast";
import type { Key, Page, Site } from "../../wire";

const scopes = [["read", "Read"], ["write", "Write: leads, contacts, outcomes"], ["admin", "Admin: everything, exports and erasure too"]] as const;

export function Keys({ sites }: { sites: Site[] }) {
  const asked = useGet<Page<"keys", Key>>("/v1/keys");
  const [made, setMade] = useState<Key | null>(null);
  const [sure, ask] = useState<{ key: Key; what: "rotate" | "revoke" } | null>(null);
  const [problem, setProblem] = useState<unknown>(null);
  const site = (id: number | null) => sites.find((s) => s.id === id)?.name || (id ? `site ${id}` : "");

  const end = async () => {
    const { key, what } = sure!;
    ask(null);
    setProblem(null);
    try {
      if (what === "rotate") setMade(await send<Key>("POST", `/v1/keys/${path(key.id)}/rotate?overlap=86400`));
      else await send("DELETE", `/v1/keys/${path(key.id)}`);
      toast(what === "rotate" ? "There is a new key. The old one works for another day." : "The key works no more.");
      asked.again();
    } catch (e) {
      setProblem(e);
    }
  };

  return (
    <div class="columns">
      <div>
        <Card title="Keys">
          <Problem error={asked.error ?? problem} what="keys" again={asked.again} />
          {!asked.data && !asked.error && <Loading what="the keys" />}
          {asked.data && <Table stack caption="Keys" rows={asked.data.keys} rowKey={(k) => k.id} columns={[
            { title: "Key", cell: (k) => <>{k.name || words(k.kind)}<small class="muted block">{k.kind === "write" ? `write, ${site(k.site_id)}` : `secret, ${list(k.scopes)}`}</small></> },
            { title: "Made", cell: (k) => (k.created_at ? day(k.created_at) : "by a flag") },
            { title: "Used", cell: (k) => (k.ends_at ? `ends ${day(k.ends_at)}` : ago(k.last_used_at, now.value)) },
            { title: "Actions", cell: (k) => k.created_at && !k.ends_at && <span class="ways">
              <button type="button" onClick={() => ask({ key: k, what: "rotate" })} aria-label={`Replace ${k.name || k.id}`}>Replace</button>
              <button type="button" onClick={() => ask({ key: k, what: "revoke" })} aria-label={`Revoke ${k.name || k.id}`}>Revoke</button>
            </span> },
          ]} />}
        </Card>
      </div>
      <div>
        <Card title="Make a key">
          <NewKey sites={sites} made={(k) => { setMade(k); asked.again(); }} />
          {made?.key && <div role="status"><p>{made.kind === "write" ? "This is the key." : "Copy it now: it is not shown again."}</p><Copy label="New key" text={made.key} /></div>}
        </Card>
      </div>
      {sure && (
        <Dialog title={sure.what === "revoke" ? "Revoke this key?" : "Replace this key?"} close={() => ask(null)}>
          <p>{sure.what === "revoke" ? "Whatever uses it stops working at once." : "A new key is made. The old one works for another day, so that you can change over."}</p>
          <p class="ways"><button type="button" onClick={() => ask(null)}>Keep</button><button type="button" class="hot" onClick={() => void end()}>{words(sure.what)}</button></p>
        </Dialog>
      )}
    </div>
  );
}

function NewKey({ sites, made }: { sites: Site[]; made: (k: Key) => void }) {
  const [kind, setKind] = useState("secret");
  const [name, setName] = useState("");
  const [scope, setScope] = useState("read");
  const [site, setSite] = useState(sites[0]?.id ?? 0);
  const [wrong, setWrong] = useState<Failure | null>(null);
  const make = async (e: Event) => {
    e.preventDefault();
    setWrong(null);
    const granted = scopes.slice(0, scopes.findIndex(([s]) => s === scope) + 1).map(([s]) => s);
    try {
      made(await send<Key>("POST", "/v1/keys", kind === "write" ? { kind, name, site_id: site || sites[0]?.id } : { kind, name, scopes: granted }));
      setName("");
    } catch (err) {
      setWrong(err instanceof Failure ? err : new Failure(0, "", String(err)));
    }
  };
  return (
    <form onSubmit={(e) => void make(e)}>
      <Field label="What for"><select value={kind} onChange={(e) => setKind(e.currentTarget.value)}><option value="secret">Another system, such as a CRM</option><option value="write">Pages of a site</option></select></Field>
      <Field label="Name"><input value={name} placeholder="CRM" onInput={(e) => setName(e.currentTarget.value)} /></Field>
      {kind === "secret" ? <Field label="It may"><select value={scope} onChange={(e) => setScope(e.currentTarget.value)}>{scopes.map(([s, text]) => <option value={s}>{text}</option>)}</select></Field>
        : <Field label="Site"><select value={site} onChange={(e) => setSite(Number(e.currentTarget.value))}>{sites.map((s) => <option value={s.id}>{s.name || `Site ${s.id}`}</option>)}</select></Field>}
      {wrong && <p class="problem" role="alert">{wrong.message}</p>}
      <div class="ways"><button class="first">Make it</button></div>
    </form>
  );
}
