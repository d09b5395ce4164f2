// The team: who may sign in, and links for those who come.

import { useState } from "preact/hooks";
import { Failure, id as path, send } from "../../api";
import { ago, day, words } from "../../format";
import { now, useGet } from "../../hooks";
import { me } from "../../me";
import { Card, Field, Loading, Problem } from "../../parts/basics";
import { Copy } from "../../parts/copy";
import { Dialog } from "../../parts/dialog";
import { Table } from "../../parts/table";
import { complain, toast } from "../../parts/toast";
import type { Page } from "../../wire";

interface User {
  id: string;
  email: string;
  name: string;
  role: string;
  profile_id: string | null;
  disabled: boolean;
  signed_in_at: string | null;
  reset_requested_at: string | null;
}

interface Invite {
  id: string;
  email: string | null;
  role: string;
  expires_at: string;
  link?: string;
}

interface Profile {
  id: string;
  full_name: string;
}

const roles: Record<string, string> = { admin: "Admin: everything", agent: "Agent: their own leads", viewer: "Viewer: reads, without contact details" };

function InviteForm({ profiles, done }: { profiles: Profile[]; done: () => void }) {
  const [email, setEmail] = useState("");
  const [role, setRole] = useState("agent");
  const [profile, setProfile] = useState(profiles[0]?.id ?? "");
  const [made, setMade] = useState<Invite | null>(null);
  const [wrong, setWrong] = useState<Failure | null>(null);
  const invite = async (e: Event) => {
    e.preventDefault();
    setWrong(null);
    try {
      setMade(await send<Invite>("POST", "/v1/invites", { role, ...(email ? { email } : {}), ...(role === "agent" && profile ? { profile_id: profile } : {}) }));
      setEmail("");
      done();
    } catch (err) {
      setWrong(err instanceof Failure ? err : new Failure(0, "", String(err)));
    }
  };
  return (
    <form onSubmit={(e) => void invite(e)}>
      <Field label="E-mail address, if only they may use the link" error={wrong?.field === "email" ? wrong.message : undefined}><input type="email" value={email} onInput={(e) => setEmail(e.currentTarget.value)} /></Field>
      <div class="both">
        <Field label="Role"><select value={role} onChange={(e) => setRole(e.currentTarget.value)}>{Object.entries(roles).map(([v, text]) => <option value={v}>{text}</option>)}</select></Field>
        {role === "agent" && profiles.length > 1 && (
          <Field label="Whose leads" error={wrong?.field === "profile_id" ? wrong.message : undefined}>
            <select value={profile} onChange={(e) => setProfile(e.currentTarget.value)}>{profiles.map((p) => <option value={p.id}>{p.full_name}</option>)}</select>
          </Field>
        )}
      </div>
      {wrong && wrong.field !== "email" && wrong.field !== "profile_id" && <p class="problem" role="alert">{wrong.message}</p>}
      <div class="ways"><button class="first">Make a link</button></div>
      {made?.link && <div role="status"><p>Send them this link. It works once, until {day(made.expires_at)}, and is not shown again.</p><Copy label="Invitation" text={made.link} /></div>}
    </form>
  );
}

function Rename({ profile, close, done }: { profile: Profile; close: () => void; done: () => void }) {
  const [name, setName] = useState(profile.full_name);
  const [wrong, setWrong] = useState<Failure | null>(null);
  const save = async (e: Event) => {
    e.preventDefault();
    try {
      await send("PATCH", `/v1/profiles/${path(profile.id)}`, { full_name: name });
      toast(`${profile.full_name} is called ${name} now.`);
      done();
      close();
    } catch (err) {
      setWrong(err instanceof Failure ? err : new Failure(0, "", String(err)));
    }
  };
  return (
    <Dialog title={`What is ${profile.full_name} called?`} close={close}>
      <form onSubmit={(e) => void save(e)}>
        <Field label="Name" error={wrong?.message}><input required value={name} onInput={(e) => setName(e.currentTarget.value)} /></Field>
        <div class="ways"><button class="first">Save</button><button type="button" onClick={close}>Cancel</button></div>
      </form>
    </Dialog>
  );
}

function ProfileForm({ done }: { done: () => void }) {
  const [name, setName] = useState("");
  const add = async (e: Event) => {
    e.preventDefault();
    try {
      await send("POST", "/v1/profiles", { full_name: name });
      setName("");
      toast(`${name} is an agent now. Invite them to see their leads.`);
      done();
    } catch (err) {
      complain("The agent is not added.", err);
    }
  };
  return <form onSubmit={(e) => void add(e)}><Field label="Name of another agent"><input required value={name} onInput={(e) => setName(e.currentTarget.value)} /></Field><div class="ways"><button>Add</button></div></form>;
}

export function Team() {
  const users = useGet<Page<"users", User>>("/v1/users");
  const invites = useGet<Page<"invites", Invite>>("/v1/invites");
  const profiles = useGet<Page<"profiles", Profile>>("/v1/profiles");
  const [renamed, rename] = useState<Profile | null>(null);
  const [reset, setReset] = useState<{ email: string; link: string } | null>(null);
  const agents = profiles.data?.profiles ?? [];
  const name = (id: string | null) => agents.find((a) => a.id === id)?.full_name ?? id ?? "";

  const change = async (u: User, disabled: boolean) => {
    try {
      await send("PATCH", `/v1/users/${path(u.id)}`, { disabled });
      users.again();
      toast(disabled ? `${u.email} cannot sign in any more.` : `${u.email} can sign in again.`, () => void change(u, !disabled));
    } catch (e) {
      complain("It is not changed.", e);
    }
  };
  const link = async (u: User) => {
    try {
      const { link } = await send<{ link?: string }>("POST", "/v1/password-resets", { email: u.email });
      if (link) setReset({ email: u.email, link });
    } catch (e) {
      complain("There is no link.", e);
    }
  };
  const takeBack = async (i: Invite) => {
    try {
      await send("DELETE", `/v1/invites/${path(i.id)}`);
      invites.again();
      toast("The invitation is taken back.");
    } catch (e) {
      complain("It is not taken back.", e);
    }
  };

  return (
    <>
      <Card title="Who may sign in">
        <Problem error={users.error} what="users" again={users.again} />
        {!users.data && !users.error && <Loading what="the team" />}
        {users.data && <Table stack caption="Users" rows={users.data.users} rowKey={(u) => u.id} columns={[
          { title: "Who", cell: (u) => <>{u.name || u.email}<small class="muted block">{u.email}</small></> },
          { title: "Role", cell: (u) => `${words(u.role)}${u.profile_id ? ` (${name(u.profile_id)})` : ""}${u.disabled ? ", disabled" : ""}` },
          { title: "Signed in", cell: (u) => ago(u.signed_in_at, now.value) },
          { title: "Actions", cell: (u) => <span class="ways">
            <button type="button" onClick={() => void link(u)} >{u.reset_requested_at ? "New password (asked for)" : "New password"}<span class="unseen"> for {u.email}</span></button>
            {u.id !== me.id && <button type="button" onClick={() => void change(u, !u.disabled)} aria-label={`${u.disabled ? "Enable" : "Disable"} ${u.email}`}>{u.disabled ? "Enable" : "Disable"}</button>}
          </span> },
        ]} />}
        {reset && <div role="status"><p>Send {reset.email} this link to set a new password. It works once, for 30 minutes.</p><Copy label="Link to a new password" text={reset.link} /></div>}
      </Card>
      {!!invites.data?.invites.length && (
        <Card title="Open invitations">
          <Table stack caption="Invitations" rows={invites.data.invites} rowKey={(i) => i.id} columns={[
            { title: "For", cell: (i) => i.email ?? "whoever has the link" }, { title: "Role", cell: (i) => words(i.role) }, { title: "Until", cell: (i) => day(i.expires_at) },
            { title: "Actions", cell: (i) => <button type="button" onClick={() => void takeBack(i)} aria-label={`Take back the invitation for ${i.email ?? "whoever has the link"}`}>Take back</button> },
          ]} />
        </Card>
      )}
      <div class="columns">
        <div><Card title="Invite somebody">{profiles.data && <InviteForm profiles={agents} done={invites.again} />}</Card></div>
        <div><Card title="Agents"><ul class="log">{agents.map((a) => <li>{a.full_name} <button type="button" class="quiet" aria-label={`Rename ${a.full_name}`} onClick={() => rename(a)}>Rename</button></li>)}</ul><ProfileForm done={profiles.again} /></Card></div>
      </div>
      {renamed && <Rename profile={renamed} close={() => rename(null)} done={profiles.again} />}
    </>
  );
}
