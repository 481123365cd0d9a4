"""What a page's policy must refuse, tried from within the page; for any browser."""

# Of each kind one: with formulas and figures, with live elements, and the two beside the sites.
KINDS = ["en/training.html", "en/index.html", "index.html#languages", "404.html"]

# Keeps what a policy refused, from the first script of a page on.
WATCH = """() => {
  globalThis.refused = [];
  document.addEventListener("securitypolicyviolation", (event) =>
    refused.push(`${event.effectiveDirective} ${event.blockedURI} ${event.sample}`));
}"""

# Comes to a list of what got through, empty where the policy holds. `elsewhere` is an address that
# answers every page that asks.
ATTEMPT = """async (elsewhere) => {
  const through = [];
  const tell = (what) => () => through.push(what);
  globalThis.attempted = tell("inline script");
  const script = document.createElement("script");
  script.textContent = "attempted()";
  document.head.append(script);

  globalThis.pressed = tell("attribute of an event");
  const button = document.createElement("button");
  button.setAttribute("onclick", "pressed()");
  document.body.append(button);
  button.click();
  button.remove();

  try { await fetch(elsewhere); through.push("fetch"); } catch {}
  // In a task of its own: what drives a browser may evaluate, and all that it calls at once.
  await new Promise((done) => setTimeout(done));
  try { (0, eval)("1"); through.push("eval"); } catch {}
  try { new Function("return 1")(); through.push("Function"); } catch {}
  const loads = (tag, properties) => new Promise((done) => {
    const element = Object.assign(document.createElement(tag), properties);
    element.onload = () => done(through.push(tag));
    element.onerror = () => done();
    document.head.append(element);
    setTimeout(done, 2000);
  });
  await loads("script", { src: `${elsewhere}/a.js` });
  await loads("link", { rel: "stylesheet", href: `${elsewhere}/a.css` });
  await loads("img", { src: `${elsewhere}/a.svg` });
  return through;
}"""
# The policy of the page as a whole is what refused them: without one, all of these get through.
ATTEMPTS = {
    "inline script",
    "attribute of an event",
    "eval",
    "Function",
    "fetch",
    "script",
    "link",
    "img",
}
