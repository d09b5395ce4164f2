// Who a lead is, as the site's form happened to ask for it. Names of form fields are the site's own, so the usual ones are
// tried; what a viewer may not see arrives as dots.

import type { Lead } from "./wire";

const text = (lead: Lead, ...names: string[]): string => {
  for (const n of names) {
    const v = lead[n];
    if (typeof v === "string" && v.trim()) return v.trim();
  }
  return "";
};

export const masked = (s: string) => s === "•••";

export function nameOf(lead: Lead): string {
  if (lead.erased) return "Erased person";
  const name = text(lead, "full_name", "name", "fullName", "contact_name") ||
    [text(lead, "first_name", "firstName"), text(lead, "last_name", "lastName")].filter(Boolean).join(" ");
  if (masked(name) || masked(emailOf(lead))) return "Lead " + lead.id.slice(-6);
  return name || emailOf(lead) || phoneOf(lead) || "Lead without a name";
}

export const emailOf = (lead: Lead) => text(lead, "email", "email_address", "emailAddress");
export const phoneOf = (lead: Lead) => text(lead, "phone", "phone_number", "phoneNumber", "mobile");
export const messageOf = (lead: Lead) => text(lead, "message", "comments", "description");

// Links to a person: only to what looks like a number or an address, since strangers type these in.
export const telOf = (lead: Lead) => {
  const digits = phoneOf(lead).replace(/[^\d+]/g, "");
  return /^\+?\d{5,15}$/.test(digits) ? digits : "";
};
export const mailOf = (lead: Lead) => {
  const address = emailOf(lead);
  return /^[^\s@?&]+@[^\s@?&]+$/.test(address) ? address : "";
};

// What the server itself says of a lead; the rest is its form.
const own = new Set(
  ("id created_at updated_at contacted_at listing_id session_id visitor_id profile_id consent behavioral_score visited_count " +
    "total_engagement_time properties_viewed deep_engagement_properties metadata source ml_score ml_priority ml_recommended_action " +
    "ml_confidence ml_scored_at conversion_probability assumed basis model_version reasons features status tags notes erased imported " +
    "last_activity outcome days_to_close inquiries activity site_id interval base_rate lift horizon_days sufficiency missing completeness " +
    "bias_log_odds band_record feature_schema").split(" "),
);

export const formOf = (lead: Lead): [string, unknown][] => Object.entries(lead).filter(([name]) => !own.has(name));
