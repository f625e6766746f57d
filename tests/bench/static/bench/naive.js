// What one would write by hand: the SDK from a static file, the link from the page.
import { AvaturnSDK } from "../django_avaturn/vendor/avaturn-sdk.js";

const place = document.querySelector("#editor");
new AvaturnSDK().init(place, { url: place.dataset.url });
