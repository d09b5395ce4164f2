// How far down the page, or the element that data-scroll-root names, somebody has scrolled.

import { conf, doc } from './page'
import { emit } from './view'

const steps = [25, 50, 75, 90, 100]
let reached = 0

export const depth = () => {
	const root = (conf.scrollRoot ? doc.querySelector(conf.scrollRoot) : doc.scrollingElement)!
	const top = root.scrollTop
	// One pixel of grace: where the page is zoomed, the end may be a fraction away.
	while (top && (top + 1) / (root.scrollHeight - root.clientHeight) * 100 >= steps[reached]) {
		emit('scroll_depth', { scrollPercentage: steps[reached++] })
	}
}

export const forget = () => { reached = 0 }
