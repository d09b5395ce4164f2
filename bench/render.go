package bench

import (
	"strconv"

	"footfall/event"
)

// Ids are short and tell their visit, so that what is acknowledged can be kept as numbers.

func (s *script) appendSession(b []byte, n uint64) []byte {
	b = append(append(append(b, "s_"...), s.run...), '_')
	return strconv.AppendUint(b, n, 10)
}

func (s *script) appendListing(b []byte, listing int32) []byte {
	b = append(append(append(b, "MLS-"...), s.run...), '-')
	return strconv.AppendInt(b, int64(listing), 10)
}

func (v *visit) appendVisitor(b []byte) []byte {
	b = append(append(append(b, "v_"...), v.script.run...), '_')
	return strconv.AppendUint(b, v.visitor, 10)
}

// appendPage appends the id of a page. It is also the front of the event ids.
func (s *script) appendPage(b []byte, n uint64, page int32) []byte {
	b = append(b, "p_"...)
	b = strconv.AppendUint(b, n, 36)
	b = append(b, '_')
	return strconv.AppendInt(b, int64(page), 10)
}

// appendEventID appends the id of the told-th event of visit n.
func (s *script) appendEventID(b []byte, n uint64, told int) []byte {
	b = append(b, "e_"...)
	b = strconv.AppendUint(b, n, 36)
	b = append(b, '.')
	return strconv.AppendInt(b, int64(told), 10)
}

// anonymous tells whether the visit names no visitor.
func (v *visit) anonymous() bool { return v.number%5 == 4 }

// device returns the class of the visitor's device, as an index of devices.
func (v *visit) device() int { return int(v.number * 2654435761 % 4294967296 % uint64(len(devices))) }

// devices are the browsers that visitors have.
var devices = [...]struct{ class, agent string }{
	{"desktop", "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36"},
	{"mobile", "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1"},
	{"mobile", "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile Safari/537.36"},
	{"desktop", "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:133.0) Gecko/20100101 Firefox/133.0"},
	{"tablet", "Mozilla/5.0 (iPad; CPU OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1"},
}

// appendBeacon appends the visit's next beacon as sent at now, in ms, and returns how many events it holds. The visit
// must go on.
func (v *visit) appendBeacon(b []byte, now int64) ([]byte, int) {
	size := v.beaconSize()
	if size == 1 {
		b = append(b, '{')
		b = v.appendEvent(b, v.next(), now)
		b = append(b, ',')
		b = v.appendShared(b, now)
		return append(b, '}'), 1
	}
	b = append(b, '{')
	b = v.appendShared(b, now)
	b = append(b, `,"events":[`...)
	events := 0
	for events < size && v.more() {
		if events > 0 {
			b = append(b, ',')
		}
		b = append(b, '{')
		b = v.appendEvent(b, v.next(), now-int64(size-1-events)*spread)
		b = append(b, '}')
		events++
	}
	return append(b, "]}"...), events
}

func (v *visit) appendShared(b []byte, now int64) []byte {
	b = append(b, `"sessionId":"`...)
	b = v.script.appendSession(b, v.number)
	if !v.anonymous() {
		b = append(b, `","visitorId":"`...)
		b = v.appendVisitor(b)
	}
	b = append(b, `","deviceType":"`...)
	b = append(b, devices[v.device()].class...)
	b = append(b, `","sentAt":`...)
	return strconv.AppendInt(b, now, 10)
}

// appendEvent appends the members of the step just told, which happened at the time at unless it waited.
func (v *visit) appendEvent(b []byte, st step, at int64) []byte {
	b = append(b, `"eventType":"`...)
	b = append(b, kindName(st.kind)...)
	b = append(b, `","eventId":"`...)
	b = v.script.appendEventID(b, v.number, v.told-1)
	b = append(b, `","pageId":"`...)
	b = v.script.appendPage(b, v.number, st.page)
	b = append(b, '"')
	if st.listing >= 0 {
		b = append(b, `,"propertyId":"`...)
		b = v.script.appendListing(b, st.listing)
		b = append(b, '"')
	}
	b = append(b, `,"ts":`...)
	b = strconv.AppendInt(b, at-int64(st.late), 10)
	b = append(b, `,"durationSeconds":`...)
	b = appendThousandths(b, st.clock)
	if st.scroll >= 0 {
		b = append(b, `,"scrollPercentage":`...)
		b = strconv.AppendInt(b, int64(st.scroll/10), 10)
	}
	switch st.kind {
	case event.PageView:
		b = v.appendContext(b, st)
	case event.PropertyView:
		b = append(b, `,"eventData":{"price":`...)
		b = strconv.AppendInt(b, 150_000+int64(st.listing)*997%1_000_000, 10)
		b = append(b, `,"beds":`...)
		b = append(b, '1'+byte(st.listing%5), '}')
	case event.PropertyInteraction:
		b = append(b, `,"eventData":{"interactionType":"`...)
		b = append(b, [...]string{"share_click", "photo_click", "map_open"}[st.clock%3]...)
		b = append(b, `"}`...)
	}
	return b
}

// appendContext appends what a page view tells about its page and the way to it.
func (v *visit) appendContext(b []byte, st step) []byte {
	b = append(b, `,"url":"https://agent.example/homes/`...)
	b = strconv.AppendUint(b, v.number*31%9973, 10)
	if st.page == 1 && v.number%3 == 0 {
		b = append(b, `?utm_source=newsletter&utm_medium=email`...)
	}
	b = append(b, `","title":"Homes for sale, page `...)
	b = strconv.AppendInt(b, int64(st.page), 10)
	b = append(b, '"')
	if st.page == 1 {
		b = append(b, `,"referrerUrl":"https://search.example/?q=homes+`...)
		b = strconv.AppendUint(b, v.number%977, 10)
		b = append(b, '"')
	}
	return b
}

// appendThousandths appends n ÷ 1000 with three decimals.
func appendThousandths(b []byte, n int32) []byte {
	b = strconv.AppendInt(b, int64(n/1000), 10)
	n %= 1000
	return append(b, '.', '0'+byte(n/100), '0'+byte(n/10%10), '0'+byte(n%10))
}
