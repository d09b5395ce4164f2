// What the server answers, as docs/http.md has it. Only what the dashboard reads is named.

export interface Me {
  id: string;
  organization_id: string | null;
  profile_id: string | null;
  scopes: string[];
  masked: boolean;
  email?: string;
  name?: string;
  role?: string;
}

export interface Reason {
  feature: string;
  value: number;
  typical?: number | null;
  points: number;
  text: string;
}

// How a lead was scored.
export interface Score {
  ml_score: number;
  ml_priority: "high" | "medium" | "low";
  ml_recommended_action: string;
  ml_confidence: number;
  ml_scored_at: string | null;
  conversion_probability: number;
  assumed: boolean; // the probability is no measurement
  basis: string; // rules or model
  model_version: string;
  reasons: Reason[];
  base_rate?: number | null;
  lift?: number | null;
}

export interface Activity {
  last_seen: string | null;
  online: boolean;
  visits_7d: number | null;
  views_7d: number | null;
  current_listing: string | null;
  score_now: number | null;
  trend_7d: number | null;
}

export interface Outcome {
  id: string;
  outcome: string;
  outcome_date: string;
  deal_value: number | null;
  days_to_close: number;
  loss_reason: string | null;
  notes: string | null;
  recorded_at: string;
  by: string | null;
}

// A lead. Its form's fields stand beside these under names that the site chose.
export interface Lead extends Score {
  site_id: number;
  id: string;
  created_at: string;
  updated_at: string;
  contacted_at: string | null;
  status: string;
  profile_id: string;
  listing_id: string | null;
  session_id: string | null;
  visitor_id: string | null;
  consent: string;
  behavioral_score: number;
  visited_count: number;
  total_engagement_time: number;
  properties_viewed: string[];
  deep_engagement_properties: string[];
  tags: string[];
  notes: string | null;
  last_activity: string | null;
  outcome: Outcome | null;
  inquiries: string[];
  activity: Activity;
  source: Record<string, string | null>;
  metadata: Record<string, unknown>;
  erased?: boolean;
  imported?: boolean;
  [field: string]: unknown;
}

export interface Session {
  site_id: number;
  session_id: string;
  visitor_id: string | null;
  event_count: number;
  visit_count: number;
  first_visit: string;
  last_visit: string;
  total_duration_seconds: number;
  properties_viewed: string[];
  deep_engagement_properties: string[];
  form_started: boolean;
  form_completed: boolean;
  conversion_intent: string;
  behavioral_score: number;
  lead_id: string | null;
  device_info: { type: string | null };
  source?: Record<string, string>;
  current_listing?: string | null;
}

export interface Visitor {
  site_id: number;
  visitor_id: string | null;
  visit_count: number;
  last_visit: string;
  behavioral_score: number;
  conversion_intent: string;
  event_count: number;
  total_duration_seconds: number;
  properties_viewed: string[];
  sessions: Session[];
}

export interface TimelineEvent {
  event_type: string;
  page_id?: string | null;
  time: string;
  listing_id?: string;
  duration_seconds?: number;
  scroll_percentage?: number;
  url?: string;
  title?: string;
  flagged?: boolean;
  event_data?: Record<string, unknown>;
}

export interface Deed {
  id: string;
  type: string;
  note: string | null;
  created_at: string;
  by: string | null;
}

export interface Listing {
  site_id?: number;
  id: string;
  address?: string | null;
  city?: string | null;
  price?: number | null;
  property_type?: string | null;
  beds?: number | null;
  baths?: number | null;
  sqft?: number | null;
  status?: string | null;
}

export interface Site {
  id: number;
  organization_id: string;
  name: string;
  allowed_origins: string[];
  time_zone: string;
  consent: string;
}

export interface Key {
  id: string;
  kind: string;
  name: string;
  key?: string;
  site_id: number | null;
  scopes: string[];
  created_at: string | null;
  ends_at: string | null;
  last_used_at: string | null;
}

export interface Job {
  id: string;
  state: "queued" | "running" | "done" | "failed";
  progress: number;
  result: unknown;
  error: { code: string; message: string } | null;
}

export type Page<Name extends string, T> = Record<Name, T[]> & { next_cursor: string | null };
