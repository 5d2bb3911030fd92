// Shows the page anew when a file of the workspace was saved.
"use strict";
const shown = document.body.dataset.version;
setInterval(async () => {
	try {
		const answer = await fetch("/preview-version", { cache: "no-store" });
		if (answer.ok && (await answer.text()).trim() !== shown) location.reload();
	} catch {
		// The server is gone; it may come back.
	}
}, 700);
