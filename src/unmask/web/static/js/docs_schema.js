/** Schemas of the OpenAPI description as lines of text. */

import { t } from "./strings.js";

const MAX_DEPTH = 6;

/** Follow a `$ref` inside the description. */
export function resolve(schema, description) {
  if (!schema?.$ref) return schema ?? {};
  return schema.$ref.slice(2).split("/").reduce((node, name) => node[name], description);
}

/** The type of a value in a few words. */
function typeOf(schema, description) {
  const known = resolve(schema, description);
  if (known.anyOf) return known.anyOf.map((variant) => typeOf(variant, description)).join(` ${t("docs.or")} `);
  if (known.const !== undefined) return JSON.stringify(known.const);
  if (known.enum) return known.enum.map((value) => JSON.stringify(value)).join(" | ");
  if (known.type === "array") return t("docs.list", { kind: known.items ? typeOf(known.items, description) : t("docs.values") });
  if (known.format === "binary") return t("docs.file");
  return known.type ?? t("docs.any");
}

/** The schemas whose properties belong below a value: itself, its variants, or the elements of a list. */
function nested(schema, description) {
  const known = resolve(schema, description);
  if (known.anyOf) return known.anyOf.flatMap((variant) => nested(variant, description));
  if (known.type === "array" && known.items) return nested(known.items, description);
  return known.properties ? [known] : [];
}

/** One line for each property, indented by its depth. */
export function schemaLines(schema, description, depth = 0) {
  if (depth > MAX_DEPTH) return [];
  return nested(schema, description).flatMap((object) =>
    Object.entries(object.properties).flatMap(([name, value]) => {
      const optional = object.required?.includes(name) ? "" : ` ${t("docs.optional")}`;
      const line = `${"  ".repeat(depth)}${name}: ${typeOf(value, description)}${optional}`;
      return [line, ...schemaLines(value, description, depth + 1)];
    }),
  );
}

/** The example of a media type or of its schema; undefined if there is none. */
export function exampleOf(content, description) {
  const known = resolve(content.schema, description);
  return content.example ?? known.example ?? known.examples?.[0];
}
