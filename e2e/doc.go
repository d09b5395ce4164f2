// Package e2e tries the tracker and the dashboard in a real Chromium against the real server. A test of the tracker opens
// pages of a site of its own, does what a visitor would, and asks the server's API what was stored; one of the dashboard
// signs in and does what an agent would. Between browser and server stands a front that can refuse, delay or cut requests.
// The package holds nothing but tests.
package e2e
