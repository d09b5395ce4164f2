// How far down the page, or the element that data-scroll-root names, somebody has scrolled.

import { conf, doc, on, throttle, win } from './page'
import { emit, hooks } from './view'

const steps = [25, 50, 75, 90, 100]
let reached = 0

const look = throttle(() => {
	const root = conf.scrollRoot && doc.querySelector(conf.scrollRoot) || doc.scrollingElement!
	const way = root.scrollHeight - root.clientHeight
	// One pixel of grace: where the page is zoomed, the end may be a fraction away.
	while (way > 1 && (root.scrollTop + 1) / way * 100 >= steps[reached]) emit('scroll_depth', { scrollPercentage: steps[reached++] })
})

export const watchScrolling = () => {
	on(win, 'scroll', look.soon)
	hooks.end.push(look.now)
	hooks.begin.push(() => { reached = 0 })
}
