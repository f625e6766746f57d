// A program that uses every operation of the REST API, and every event of the page. It is compiled
// against the client that openapi-typescript makes of the schema of a site, and never run: a schema
// that does not say enough, or a type in avaturn.d.ts that says something else, fails the build.

import createClient from "openapi-fetch";
import type {
  AvaturnAvatar,
  AvaturnEditorElement,
  AvaturnEvents,
} from "../../django_avaturn/static/django_avaturn/avaturn.d.ts";
import type { components, operations, paths } from "../schema";

type Schemas = components["schemas"];
type Ours = Extract<keyof operations, `avaturn_${string}`>;

/** What an operation answers with where all went well. */
type Success<Name extends Ours> = operations[Name]["responses"] extends infer Responses
  ? {
      [Status in keyof Responses]: Status extends 200 | 201 | 202 | 204
        ? Responses[Status] extends { content: { "application/json": infer Body } }
          ? Body
          : undefined
        : never;
    }[keyof Responses]
  : never;

type Answer<Name extends Ours> = Promise<{ data?: Success<Name>; error?: Schemas["AvaturnError"] }>;

const client = createClient<paths>({ baseUrl: "/", headers: { "X-CSRFToken": "" } });
const avatar = { params: { path: { id: "01985b7e-6a10-7c3e-9d52-1f0a9b3c4d5e" } } };
const form = (body: object) => Object.assign(new FormData(), body);

/** Every operation: one that is missing here, or that is gone from the schema, is an error. */
export const uses: { [Name in Ours]: () => Answer<Name> } = {
  avaturn_open_session: () =>
    client.POST("/avatar/sessions/", { body: { type: "create", start_over: true, consent: "1" } }),
  avaturn_list_avatars: () =>
    client.GET("/avatar/avatars/", { params: { query: { page: 2, page_size: 10 } } }),
  avaturn_create_avatar: () =>
    client.POST("/avatar/avatars/", {
      body: {
        "image-frontal": "",
        "image-side-1": "",
        "image-side-2": "",
        "body-type": "female",
        telephoto: false,
      },
      bodySerializer: form,
    }),
  avaturn_get_avatar: () => client.GET("/avatar/avatars/{id}/", avatar),
  avaturn_activate_avatar: () =>
    client.PATCH("/avatar/avatars/{id}/", { ...avatar, body: { active: true } }),
  avaturn_delete_avatar: () => client.DELETE("/avatar/avatars/{id}/", avatar),
  avaturn_get_customization: () => client.GET("/avatar/avatars/{id}/customization/", avatar),
  avaturn_set_customization: () =>
    client.PUT("/avatar/avatars/{id}/customization/", {
      ...avatar,
      body: { body: "body_1", bone_scale: { head: 0.1 }, assets: { eyewear: null } },
    }),
  avaturn_record_export: () =>
    client.POST("/avatar/avatars/{id}/exports/", {
      ...avatar,
      body: { url: "https://example.com/a.glb", urlType: "httpURL" },
    }),
  avaturn_order_portrait: () =>
    client.POST("/avatar/avatars/{id}/renders/", { ...avatar, body: { format: "png" } }),
  avaturn_get_profile: () => client.GET("/avatar/profile/"),
  avaturn_erase: () => client.DELETE("/avatar/profile/"),
};

/** What a program does with the answers. */
export async function show(page: HTMLElement): Promise<string> {
  const { data, error } = await client.GET("/avatar/avatars/{id}/", avatar);
  if (error) {
    const code: Schemas["AvaturnErrorCode"] = error.code;
    return code === "not_found" ? "" : error.detail;
  }
  page.textContent = data.portrait?.thumbnail ?? data.model?.url ?? data.status;
  const session = await client.POST("/avatar/sessions/", { body: {} });
  return session.data?.url ?? "";
}

// The types by hand say what the schema says, in both directions.
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : never) : never;
export const same: Same<AvaturnAvatar, Schemas["AvaturnAvatar"]> = true;

/** Every event, as a page hears of it. */
export const listeners: { [Name in keyof AvaturnEvents]: () => void } = {
  "avaturn:ready": () =>
    document.addEventListener("avaturn:ready", ({ detail }) => detail.sessionId?.length),
  "avaturn:export": () =>
    document.addEventListener("avaturn:export", (event) => {
      if (event.detail.urlType === "dataURL") event.preventDefault();
    }),
  "avaturn:saved": () =>
    document.addEventListener("avaturn:saved", ({ detail }) => detail.avatar.model?.state),
  "avaturn:error": () =>
    document.addEventListener("avaturn:error", ({ detail }) => `${detail.code}: ${detail.message}`),
  "avaturn:close": () => document.addEventListener("avaturn:close", () => location.reload()),
  "avaturn:consent": () =>
    document.addEventListener("avaturn:consent", ({ detail }) => detail.version.length),
  "avaturn:load": () =>
    document.addEventListener("avaturn:load", ({ target }) => target instanceof HTMLElement),
  "avaturn:asset": () => document.addEventListener("avaturn:asset", ({ detail }) => detail.id),
  "avaturn:body": () => document.addEventListener("avaturn:body", ({ detail }) => detail.id),
  "avaturn:param": () =>
    document.addEventListener("avaturn:param", ({ detail }) => detail.key + detail.value),
  "avaturn:stored": () =>
    document.addEventListener("avaturn:stored", ({ detail }) => detail.avatar.portrait?.wanted),
  "avaturn:changing": () =>
    document.addEventListener("avaturn:changing", ({ detail }) => detail.action + detail.id),
  "avaturn:changed": () =>
    document.addEventListener("avaturn:changed", ({ detail }) => detail.action + detail.id),
  "avaturn:photos-ready": () =>
    document.addEventListener("avaturn:photos-ready", (event) => event.preventDefault()),
  "avaturn:viewer-load": () =>
    document.addEventListener("avaturn:viewer-load", ({ detail }) => Object.keys(detail)),
  "avaturn:viewer-error": () =>
    document.addEventListener("avaturn:viewer-error", ({ detail }) => detail.message),
};

/** What a page of its own does with the elements. */
export async function dress(editor: AvaturnEditorElement): Promise<boolean> {
  const [viewer, gallery, photos] = [
    document.createElement("avaturn-viewer"),
    document.createElement("avaturn-gallery"),
    document.createElement("avaturn-photos"),
  ];
  await editor.open();
  await editor.sdk?.setHairColor("#26211f");
  editor.addEventListener("avaturn:export", async ({ detail }) => {
    const file = await editor.modelOf(detail);
    if (file) viewer.update({ src: URL.createObjectURL(file) });
  });
  const saved = await editor.save();
  editor.close();
  await viewer.show();
  await gallery.refresh();
  return saved?.id === photos.avatar?.id;
}
