// The theme writes what its buttons do into attributes, which the pages' policy forbids; the build
// puts a name there instead.
document.addEventListener("click", (event) => {
  const action = event.target.closest("[data-does]")?.dataset.does;
  if (action === "print") print();
  if (action === "fullscreen") toggleFullScreen();
});
