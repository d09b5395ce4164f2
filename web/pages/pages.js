// What stands behind the # of a link reaches no server and no log. It is put into the form from here, and taken out of
// the address, where it would stay in the history.
const field = document.getElementById("token");
if (location.hash.length > 1) {
  field.value = location.hash.slice(1);
  history.replaceState(null, "", location.pathname);
  document.getElementById("link").hidden = true;
}
