// What a page may ask of the editor through the SDK.

const CATEGORIES = ["eyewear", "hairAndHeadwear", "clothing", "footwear"];
const ANIMATIONS = ["idle", "turntable"];
const HEX = /^#[0-9a-f]{6}$/i;

// `studio()` gives the studio once an avatar is open and throws before that.
/**
 * @param {() => import("./studio.js").Studio} studio
 * @param {() => EditorSession} session
 * @returns {Requests}
 */
export function requestsFor(studio, session) {
  const catalogue = () => session().catalogue;
  /** @param {string} id */
  const assetOf = (id) => {
    const asset = catalogue().assets.find((one) => one.id === id);
    if (!asset) throw new Error(`No such asset: ${id}`);
    return asset;
  };
  /** @param {string} category */
  const worn = (category) => {
    const asset = catalogue().assets.find(
      (one) => one.category === category && studio().look[one.slot] === one.name,
    );
    return asset ? asset.id : "";
  };
  /** @param {unknown} value @param {number} limit */
  const bounded = (value, limit) => Math.max(-limit, Math.min(limit, Number(value) || 0));
  /** @param {string} value */
  const color = (value) => {
    if (!HEX.test(value)) throw new Error("Expected a colour like #aabbcc");
    return value.toLowerCase();
  };
  /** @param {string} id */
  const bodyOf = (id) => {
    const body = catalogue().bodies.find((one) => one.id === id);
    if (!body) throw new Error(`No such body: ${id}`);
    return body;
  };
  return {
    get_assets_list: () =>
      catalogue().assets.map(({ id, name, category, preview }) => ({
        id,
        alias: name,
        category,
        preview,
      })),
    set_assets_list: (ids) => studio().panel.limit(ids),
    get_active_assets: () =>
      Object.fromEntries(CATEGORIES.map((category) => [category, worn(category)])),
    set_active_asset: (id) => studio().change({ [assetOf(id).slot]: assetOf(id).name }),
    get_bodies_list: () =>
      catalogue().bodies.map(({ id, preview, gender }) => ({ id, preview, gender })),
    get_avatar_info: () => ({ id: studio().look.body }),
    set_active_body: (id) => studio().change({ body: bodyOf(id).id }),
    get_animation_list: () =>
      ANIMATIONS.map((id) => ({ id, alias: id, preview: catalogue().bodies[0].preview })),
    get_animation_info: () => ({ id: studio().stage.turntable ? "turntable" : "idle" }),
    set_active_animation: (id) => {
      if (!ANIMATIONS.includes(id)) throw new Error(`No such animation: ${id}`);
      studio().stage.turntable = id === "turntable";
      studio().stage.wake();
    },
    export_avatar: () => studio().save(),
    get_avatar_id: () => ({ id: session().openAvatar || null }),
    set_eye_color: (name) => {
      if (!catalogue().eyeColors.includes(name)) throw new Error(`No such eye colour: ${name}`);
      return studio().change({ eyes: name });
    },
    get_eye_color: () => studio().look.eyes,
    set_hair_color: (value) => studio().change({ hair_color: color(value) }),
    get_hair_color: () => studio().look.hair_color,
    set_eyewear_color: (value) =>
      studio().change({ lens: value === "transparent" ? "#ffffff00" : `${color(value)}80` }),
    get_eyewear_color: () => {
      const lens = studio().look.lens;
      return lens.endsWith("00") ? "transparent" : lens.slice(0, 7);
    },
    set_body_proportions: ({ key, value }) => {
      if (!["head", "arms", "chest"].includes(key)) throw new Error(`No such proportion: ${key}`);
      return studio().change({ [key]: bounded(value, 100) });
    },
    get_body_proportions: () => {
      const { head, arms, chest } = studio().look;
      return { head, arms, chest };
    },
    set_skin_tone: (value) => studio().change({ skin: bounded(value, 50) }),
    get_skin_tone: () => studio().look.skin,
  };
}
