/* Runs before the page is drawn: its theme, and whether the address names another view than the first one. */
{
  const theme = localStorage.getItem("unmask-theme");
  const dark = theme === "dark" || (theme !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.dataset.theme = dark ? "dark" : "light";
  if (location.hash.length > 2) document.documentElement.dataset.otherView = "";
}
