/** What happens when a resident taps: LINE's action objects, done by one phone. */
import { link } from "./text.js";
import { chooseDate, notice } from "./sheets.js";

function follow(uri, phone) {
  const target = link(uri);
  const { words, screen } = phone;
  if (target?.kind === "web") {
    window.open(target.href, "_blank", "noopener,noreferrer");
  } else if (target?.kind === "call") {
    notice(screen, words("callTitle", { number: target.number }), words("callNote"), words);
  } else if (target?.kind === "compose") {
    phone.compose(target.text);
  } else if (target?.kind === "line") {
    notice(screen, words("lineTitle"), words("lineNote", { uri }), words);
  } else {
    notice(screen, words("badLink", { uri: "" }), String(uri), words);
  }
}

async function postback(action, phone) {
  // An option acts at once on the phone; whether the bot answers is another matter.
  const { inputOption } = action;
  if (inputOption === "openRichMenu") phone.showMenu(true);
  if (inputOption === "closeRichMenu") phone.showMenu(false);
  if (inputOption === "openKeyboard") phone.compose(action.fillInText ?? "");
  await phone.send("postback", { data: action.data ?? "",
    display_text: action.displayText ?? undefined });
  if (action.text && !action.displayText) await phone.send("text", { text: action.text });
}

async function copy(text, phone) {
  try {
    await navigator.clipboard.writeText(text);
    phone.say(phone.words("copied"));
  } catch {
    notice(phone.screen, phone.words("copy"), text, phone.words);
  }
}

const DO = {
  message: (action, phone) => phone.send("text", { text: action.text ?? action.label ?? "" }),
  postback,
  uri: (action, phone) => follow(action.uri ?? action.linkUri ?? "", phone),
  datetimepicker: (action, phone) => chooseDate(phone.screen, action, phone.words,
    (params) => phone.send("postback", { data: action.data ?? "", params })),
  richmenuswitch: (action, phone) => phone.send("postback", { data: action.data ?? "",
    params: { newRichMenuAliasId: action.richMenuAliasId, status: "SUCCESS" } }),
  clipboard: (action, phone) => copy(action.clipboardText ?? "", phone),
  camera: (action, phone) => phone.attach("camera"),
  cameraRoll: (action, phone) => phone.attach("photo"),
  location: (action, phone) => phone.attach("location"),
};

/** Do an action of a message, quick reply or rich menu; `phone` is the Phone it was tapped on. */
export function perform(action, phone) {
  return DO[action?.type]?.(action, phone);
}
