// SPDX-License-Identifier: Apache-2.0
// Makes the drawn flame graph interactive: layout at any width, zoom, search, keyboard. It is given
// boxes with their offset (data-x), value (data-v) and depth (data-d); it only ever sets text and
// attributes, so that no name can become markup or code. Without it the drawing is complete, at 1200 px.
(function () {
	"use strict";

	const script = document.currentScript;
	const svg = (script && script.closest("svg")) || document.documentElement;
	const MARGIN = 10, PAD = 4, MIN_CHARS = 3, GAP_FROM = 2;

	const boxes = Array.from(svg.querySelectorAll(".f"), function (g) {
		const lines = g.querySelector("title").textContent.split("\n");
		return {
			g: g,
			rect: g.querySelector("rect"),
			text: g.querySelector("text"),
			name: lines[0],
			value: lines[1],
			x: Number(g.dataset.x),
			v: Number(g.dataset.v),
			depth: Number(g.dataset.d),
		};
	});
	const all = boxes[0];
	const input = svg.querySelector("input"), reset = svg.querySelector("button");
	const matched = svg.querySelector(".match"), detail = svg.querySelector(".detail");
	let zoomed = all, width = 1200, charWidth = 7.3, current = all;

	const end = (b) => b.x + b.v;
	const contains = (a, b) => a.x <= b.x && end(b) <= end(a);
	const percent = (part, whole) => (whole ? (100 * part) / whole : 0).toFixed(2) + "%";

	// A Go name without the directories of its package: they go first when there is no room.
	function shortName(name) {
		const bracket = name.search(/[[(]/);
		const slash = name.lastIndexOf("/", bracket < 0 ? name.length : bracket);
		return bracket === 0 || slash < 0 ? name : name.slice(slash + 1);
	}

	function fit(name, px) {
		const room = Math.floor((px - 2 * PAD) / charWidth);
		if (room < MIN_CHARS)
			return "";
		if (name.length <= room)
			return name;
		const short = shortName(name), chars = Array.from(short);
		return chars.length <= room ? short : chars.slice(0, room - 1).join("") + "\u2026";
	}

	function place(b, scale) {
		// An ancestor of what is zoomed to spans the whole width.
		const above = b.depth < zoomed.depth && contains(b, zoomed);
		const inside = b.depth >= zoomed.depth && contains(zoomed, b);
		const w = above ? width - 2 * MARGIN : b.v * scale;
		const off = !(above || inside) || w < 0.3;

		b.g.classList.toggle("off", off);
		b.g.classList.toggle("above", above);
		b.shown = !off;
		if (off)
			return;
		const x = above ? MARGIN : MARGIN + (b.x - zoomed.x) * scale;
		b.rect.setAttribute("x", x.toFixed(2));
		b.rect.setAttribute("width", (w > GAP_FROM ? w - 1 : w).toFixed(2));
		b.text.setAttribute("x", (x + PAD).toFixed(2));
		b.text.textContent = fit(b.name, w);
	}

	function layout() {
		const scale = zoomed.v ? (width - 2 * MARGIN) / zoomed.v : 0;
		for (const b of boxes)
			place(b, scale);
		reset.disabled = zoomed === all && !input.value;
	}

	function resize() {
		svg.removeAttribute("viewBox");
		svg.setAttribute("width", "100%");
		width = Math.max(svg.getBoundingClientRect().width || 1200, 320);
		svg.querySelector("foreignObject").setAttribute("x", String(width - 330));
		layout();
	}

	function describe(b) {
		let text = b.name + "  \u2013  " + b.value;
		if (zoomed !== all && contains(zoomed, b))
			text += ", " + percent(b.v, zoomed.v) + " of what is zoomed to";
		detail.textContent = text;
	}

	function zoom(b) {
		zoomed = b;
		layout();
		select(b);
		describe(b);
	}

	// One box at a time can be reached by Tab; the arrow keys move on from there.
	function select(b) {
		current.g.setAttribute("tabindex", "-1");
		current = b;
		b.g.setAttribute("tabindex", "0");
	}

	// As text or as a pattern: Go's names hold parentheses and dots that few mean as such.
	function matcher(term) {
		const plain = term.toLowerCase();
		const asText = (name) => name.toLowerCase().includes(plain);
		try {
			const pattern = new RegExp(term, "i");
			return (name) => asText(name) || pattern.test(name);
		} catch (e) {
			return asText;
		}
	}

	// What matches inside of a match counts once: boxes come parents first.
	function search() {
		const term = input.value, matches = term ? matcher(term) : () => false;
		let covered = [], sum = 0;

		for (const b of boxes) {
			const hit = b !== all && matches(b.name);
			b.g.classList.toggle("hit", hit);
			if (hit)
				covered.push(b);
		}
		covered.sort((a, b) => a.x - b.x || b.v - a.v);
		let reached = -1;
		for (const b of covered) {
			if (end(b) <= reached)
				continue;
			sum += end(b) - Math.max(b.x, reached);
			reached = end(b);
		}
		svg.classList.toggle("searching", term !== "");
		matched.textContent = term ? "matches: " + percent(sum, all.v) + " of all in " + covered.length +
			(covered.length === 1 ? " box" : " boxes") : "";
		reset.disabled = zoomed === all && !term;
	}

	function resetAll() {
		input.value = "";
		search();
		zoom(all);
		detail.textContent = "";
	}

	// The neighbour in a direction among the boxes that are shown: parent, widest child, or the next in the row.
	function neighbour(b, key) {
		const shown = boxes.filter((o) => o.shown && o !== b);
		const nearest = (list, distance) => list.sort((a, c) => distance(a) - distance(c))[0];

		switch (key) {
		case "ArrowUp":
			return shown.find((o) => o.depth === b.depth - 1 && contains(o, b));
		case "ArrowDown":
			return nearest(shown.filter((o) => o.depth === b.depth + 1 && contains(b, o)), (o) => -o.v);
		case "ArrowLeft":
			return nearest(shown.filter((o) => o.depth === b.depth && o.x < b.x), (o) => -o.x);
		default:
			return nearest(shown.filter((o) => o.depth === b.depth && o.x > b.x), (o) => o.x);
		}
	}

	function boxOf(target) {
		const g = target.closest && target.closest(".f");
		return g && boxes.find((b) => b.g === g);
	}

	function boxKey(event, b) {
		if (event.key === "Enter" || event.key === " ") {
			event.preventDefault();
			zoom(b);
		} else if (event.key.startsWith("Arrow")) {
			const next = neighbour(b, event.key);
			event.preventDefault();
			if (next) {
				select(next);
				next.g.focus();
			}
		}
	}

	svg.addEventListener("click", function (event) {
		const b = boxOf(event.target);
		if (b)
			zoom(b);
	});
	for (const type of ["mouseover", "focusin"])
		svg.addEventListener(type, function (event) {
			const b = boxOf(event.target);
			if (b)
				describe(b);
		});
	document.addEventListener("keydown", function (event) {
		const b = boxOf(event.target);
		if (event.key === "Escape")
			resetAll();
		else if (event.key === "/" && event.target !== input) {
			event.preventDefault();
			input.focus();
		} else if (b)
			boxKey(event, b);
	});
	input.addEventListener("input", search);
	reset.addEventListener("click", resetAll);
	window.addEventListener("resize", resize);

	const probe = all.text;
	probe.textContent = "0".repeat(50);
	charWidth = probe.getComputedTextLength() / 50 || charWidth;
	svg.classList.add("live");
	select(all);
	resize();
})();
