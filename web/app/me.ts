// Who is signed in, and what they may do. The page says it, so that the first view need not ask.

import type { Me } from "./wire";

const nobody: Me = { id: "", organization_id: null, profile_id: null, scopes: [], masked: true };

function read(): Me {
  try {
    return JSON.parse(document.getElementById("app")?.dataset.me || "") as Me;
  } catch {
    return nobody;
  }
}

export const me = read();

export const may = {
  write: me.scopes.includes("write") && !me.masked,
  admin: me.scopes.includes("admin"),
};

// organization is the one whose settings are shown. Users have one each.
export const organization = me.organization_id ?? "default";
