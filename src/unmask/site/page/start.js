/** Entry point of the site beside that of the page: choice of the model, loading it, and offline use. */
import { setUpSite } from "./site.js";

setUpSite();
