package leads

import (
	"strings"

	"footfall/scorer"
)

// What a column of an import holds, beside fields of the form and features.
const (
	colExternal = "external_id"
	colCreated  = "created_at"
	colOutcome  = "outcome"
	colStage    = "stage"  // of a deal, in a CRM's words
	colStatus   = "status" // of a lead, in a CRM's words
	colDate     = "outcome_date"
	colValue    = "deal_value"
	colLoss     = "loss_reason"
	colNotes    = "notes"
	colProfile  = "profile_id"
	colListing  = "listing_id"
	colSource   = "source"
	colFirst    = "first_name"
	colLast     = "last_name"
	colForm     = "form_data"
	colViewed   = "properties_viewed"
	colDeep     = "deep_engagement_properties"
	colConsent  = "consent"
)

// columns says what names of columns mean, by plainName: our own, and those of HubSpot, Salesforce and Follow Up Boss as
// they are exported.
var columns = func() map[string]string {
	names := map[string]string{}
	for target, of := range map[string]string{
		colExternal: "externalid id leadid contactid recordid recordidcontact recordiddeal dealid",
		colCreated:  "createdat created createdate createddate dateadded leadcreated",
		colOutcome:  "outcome",
		colStage:    "dealstage stagename stage opportunitystage",
		colStatus:   "status leadstatus",
		colDate:     "outcomedate closedate closeddate dealclosedate dateclosed",
		colValue:    "dealvalue amount dealamount dealprice commission",
		colLoss:     "lossreason closedlostreason lostreason",
		colNotes:    "notes background",
		colProfile:  "profileid",
		colListing:  "listingid propertyid",
		colSource:   "source leadsource originalsource originaltrafficsource",
		colFirst:    "firstname", colLast: "lastname", colForm: "formdata",
		colViewed: "propertiesviewed", colDeep: "deepengagementproperties", colConsent: "consent",
		"name": "name fullname contactname leadname", "email": "email emailaddress email1",
		"phone":   "phone phonenumber phone1 mobilephone mobilephonenumber mobile",
		"message": "message description comments inquiry", "timeline": "timeline timeframe",
		"price_range": "pricerange", "city": "city", "address": "address streetaddress street",
	} {
		for name := range strings.FieldsSeq(of) {
			names[name] = target
		}
	}
	for _, name := range scorer.FeatureNames {
		names[plainName(name)] = name
	}
	return names
}()

// Column returns what a column of an import of past leads is taken for: one of our names, "" if it is not known.
func Column(name string) string { return columns[plainName(name)] }

// stages are words of CRMs for how far a lead is, by plainName, as our status.
var stages = func() map[string]status {
	words := map[string]status{}
	for s, of := range map[status]string{
		statusNew: "new lead open opennotcontacted uncontacted notcontacted",
		statusContacted: "contacted workingcontacted working attempted attemptedcontact attemptedtocontact connected inprogress opendeal " +
			"hotprospect prospecting appointmentscheduled appointmentset showing",
		statusQualified: "qualified qualifiedtobuy qualification needsanalysis valueproposition iddecisionmakers perceptionanalysis " +
			"proposalpricequote proposal/pricequote negotiationreview negotiation/review activeclient pending undercontract " +
			"presentationscheduled decisionmakerboughtin contractsent closedconverted",
		statusNurturing:    "nurture nurturing sphere badtiming",
		statusUnresponsive: "unresponsive noresponse ghosted",
		statusWon:          "closedwon won closed pastclient sold",
		statusLost:         "closedlost lost trash archived dead unqualified closednotconverted",
	} {
		for word := range strings.FieldsSeq(of) {
			words[word] = s
		}
	}
	return words
}()

// lossOf returns the loss reason that somebody's words mean; exact is false if they say more than it does.
func lossOf(text string) (reason string, exact bool) {
	plain := strings.ToLower(strings.TrimSpace(text))
	for _, r := range lossReasons {
		if plain == r {
			return r, true
		}
	}
	for _, r := range []struct{ reason, words string }{
		{"price", "price expensive budget afford"}, {"timing", "timing not-ready later postpone"},
		{"competitor", "competitor another-agent other-agent"}, {"financing", "financ loan mortgage credit"},
		{"unqualified", "unqualified not-qualified"},
	} {
		for word := range strings.FieldsSeq(r.words) {
			if strings.Contains(plain, strings.ReplaceAll(word, "-", " ")) {
				return r.reason, false
			}
		}
	}
	return "other", false
}
