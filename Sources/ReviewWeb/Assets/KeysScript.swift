/// Keys for what the pages' buttons and links do. Without it, everything works all the same.
///
/// Digits press an outcome's button, or go to the reason's field while that is empty; r goes there, Escape leaves it; n takes the next item;
/// q goes back to the queue; j and k walk through a list. Nothing happens while somebody types.
enum KeysScript {
    static let text = """
        "use strict";
        (function () {
          const root = document.documentElement;
          root.dataset.keys = "on";
          // A page that can be scrolled sideways is a fault; said where a test, or who looks for one, finds it.
          if (root.scrollWidth > root.clientWidth) { root.dataset.wide = root.scrollWidth; }
          const rows = Array.from(document.querySelectorAll("[data-row] a[data-open]"));
          const press = (selector) => { const found = document.querySelector(selector); if (found) { found.click(); } return Boolean(found); };
          const walk = (step) => {
            if (!rows.length) { return; }
            const at = rows.indexOf(document.activeElement);
            rows[Math.min(rows.length - 1, Math.max(0, at < 0 ? 0 : at + step))].focus();
          };
          const decide = (digit) => {
            const button = document.querySelector('button[data-key="' + digit + '"]');
            if (!button) { return; }
            const reason = document.getElementById("reason");
            if (reason && !reason.value.trim()) { reason.focus(); return; }
            button.click();
          };
          document.addEventListener("keydown", (event) => {
            if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) { return; }
            const target = event.target;
            if (target.matches("input[type=text], textarea, select")) { if (event.key === "Escape") { target.blur(); } return; }
            if (/^[1-9]$/.test(event.key)) { decide(event.key); return; }
            switch (event.key) {
              case "r": { const field = document.getElementById("reason"); if (field) { event.preventDefault(); field.focus(); } break; }
              case "n": press("button[data-next]"); break;
              case "q": press("a[data-queue]"); break;
              case "j": walk(1); break;
              case "k": walk(-1); break;
            }
          });
          // A form goes out once, however often its button is pressed.
          document.addEventListener("submit", (event) => {
            if (event.target.dataset.sent) { event.preventDefault(); return; }
            event.target.dataset.sent = "1";
          });
          window.addEventListener("pageshow", () => { for (const form of document.forms) { delete form.dataset.sent; } });
        })();

        """
}
