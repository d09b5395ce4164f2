// Package e2e tries the tracker in a real Chromium against the real server. Each test opens pages of a site of its own,
// does what a visitor would, and asks the server's API what was stored. Between the two stands a front that can refuse,
// delay or cut requests. The package holds nothing but tests.
package e2e
