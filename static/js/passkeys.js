/* Shows what passkeys can do here, and says what went wrong; allauth's own scripts do the work. */

const buttons = document.querySelectorAll("[data-passkey]");
const supported = Boolean(window.PublicKeyCredential && navigator.credentials);

for (const button of buttons) {
  button.hidden = !supported;
}
for (const note of document.querySelectorAll("[data-passkey-missing]")) {
  note.hidden = supported;
}

const REASONS = {
  NotAllowedError: "refused",
  AbortError: "refused",
  InvalidStateError: "known",
  SecurityError: "address",
};

document.addEventListener("allauth.error", (event) => {
  const place = document.querySelector("[data-passkey-failure]");
  if (!place) {
    return;
  }
  event.preventDefault();
  place.textContent = place.dataset[REASONS[event.detail.exception?.name] ?? "other"];
  place.hidden = false;
});
