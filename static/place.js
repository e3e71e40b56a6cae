/* Asks the phone for its place when the button is pressed, where the page wants it.
   Whatever goes wrong, the form is sent all the same: without a place the leader confirms. */
(() => {
  "use strict";
  const fields = ["latitude", "longitude", "accuracy"];
  const wish = { enableHighAccuracy: true, timeout: 8000, maximumAge: 0 };

  for (const form of document.querySelectorAll("form[data-place]")) {
    let asked = false;
    form.addEventListener("submit", (event) => {
      if (!navigator.geolocation) return;
      if (asked) { // a second press while the phone is still looking
        event.preventDefault();
        return;
      }
      event.preventDefault();
      asked = true;
      const button = form.querySelector("[type=submit]");
      const words = document.querySelector("#place span");
      button.ariaDisabled = "true";
      if (words) words.textContent = document.getElementById("place").dataset.waiting;
      const send = () => HTMLFormElement.prototype.submit.call(form);
      const late = setTimeout(send, wish.timeout + 1000); // some browsers never answer
      const done = (found) => {
        clearTimeout(late);
        for (const name of fields) {
          if (!found) break;
          const field = document.createElement("input");
          field.type = "hidden";
          field.name = name;
          field.value = String(found.coords[name]);
          form.append(field);
        }
        send();
      };
      navigator.geolocation.getCurrentPosition(done, () => done(null), wish);
    });
  }
  window.addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
})();
