// Engaged time: while the page is visible, has the focus, and something was typed, pointed or scrolled within a minute.

import { doc } from './page'

export const clock = {
	ms: 0, // engaged time of the view
	on: false,
	input: 0, // when something was done last, by performance.now()
}

let mark = 0

/** Brings the clock up to now. It is called each second: a longer step means that the machine slept, and adds nothing. */
export const tick = () => {
	const t = performance.now()
	if (clock.on && t - mark < 5e3) clock.ms += t - mark
	mark = t
	clock.on = !doc.hidden && doc.hasFocus() && t - clock.input < 6e4
}
