/** The menu entry on pictures. It opens the panel and passes the address of the chosen picture to it. */

const api = globalThis.browser ?? globalThis.chrome;
const ENTRY = "check-face";

/** A click on the button of the extension opens the panel too. */
if (api.sidePanel?.setPanelBehavior) api.sidePanel.setPanelBehavior({ openPanelOnActionClick: true });
else api.action.onClicked.addListener(() => api.sidebarAction?.toggle());

api.runtime.onInstalled.addListener(() => {
  api.contextMenus.create({ id: ENTRY, title: api.i18n.getMessage("check"), contexts: ["image"] });
});

/** Open the panel at once: browsers allow it only as a direct answer to the click. */
function openPanel(tab) {
  if (api.sidePanel?.open) return api.sidePanel.open({ windowId: tab.windowId });
  if (api.sidebarAction?.open) return api.sidebarAction.open();
  return api.tabs.create({ url: api.runtime.getURL("extension/panel.html") });
}

api.contextMenus.onClicked.addListener((click, tab) => {
  if (click.menuItemId !== ENTRY) return;
  const opened = openPanel(tab);
  const wanted = { address: click.srcUrl, tabId: tab.id, frameId: click.frameId ?? 0, time: Date.now() };
  api.storage.session.set({ wanted });
  opened?.catch?.(() => api.tabs.create({ url: api.runtime.getURL("extension/panel.html") }));
});
