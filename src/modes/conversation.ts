/**
 * Phrases of a model that talks to a person instead of writing the file. Short, conservative lists: a file may say nearly all of this in
 * other words, so most chatter is found by structure, and these decide only about the first and the last paragraphs.
 */

/** A paragraph that announces the file. */
export function isOpener(paragraph: string): boolean {
  const text = plain(paragraph);
  return openers.some(pattern => pattern.test(text));
}

/** A paragraph after the file that is about the file, or asks its reader what to do next. */
export function isCloser(paragraph: string): boolean {
  const text = plain(paragraph);
  return closers.some(pattern => pattern.test(text));
}

/** A text that as a whole says that the model will not, or cannot, do it. */
export function isRefusal(wholeText: string): boolean {
  const text = plain(wholeText);
  return refusals.some(pattern => pattern.test(text));
}

const file = String.raw`(?:file|readme|document|documentation|summary|review|report|journal|entry|contents?|version|draft|template|markdown|json|yaml|config\w*|output|section)`;

const openers = [
  /^(?:sure|certainly|of course|absolutely|ok(?:ay)?|alright|great|understood|got it|no problem|gladly|happy to help)\b[^\n]{0,60}?\b(?:here|i'll|i will|i've|i have|let me|let's|below)\b/i,
  /^(?:sure|certainly|of course|absolutely|no problem|understood|got it)(?: thing)?[!.]*$/i,
  new RegExp(String.raw`^(?:here|below)(?:'s| is| are)\s[^\n]{0,120}\b${file}\b`, 'i'),
  /^(?:based on|from) (?:the|my|your|this) (?:repo\w*|code\w*|provided|analysis|files?|context|information|review)\b/i,
  /^(?:after|having|by) (?:review|read|analy|look|examin|go)\w+\b[^\n]{0,80}\b(?:repo\w*|code\w*|files?|project|context)\b/i,
  /^i(?:'ve| have) (?:reviewed|read|analy[sz]ed|looked|created|written|generated|prepared|drafted|updated|examined)\b/i,
  /^(?:i'll|i will|i'm going to|i am going to|let me|let's) (?:now |first |start |begin |go )?(?:create|writ|generat|analy|look|review|read|check|provid|updat|by|ahead|examin|draft)/i,
  /^(?:as an ai|the user (?:wants|asks|is asking|has asked)|we need to (?:write|produce|create|output))\b/i,
  /^(?:hier (?:ist|sind|kommt) |gerne[,!]|natürlich[,!]|voici |bien sûr|aquí (?:está|tienes)|claro[,!]|ecco |aqui está|вот |конечно[,!]|以下是|好的[,，]|当然|こちらが|はい、)/i,
];

const closers = [
  /^(?:please )?(?:just )?let me know (?:if|whether|what|how|which)\b[^\n]*\b(?:chang|adjust|modif|tweak|revis|expand|section|detail|different|anything else|me to|readme|document|file|version|format|tone|shorter|longer|improve|further|questions)/i,
  /^i hope (?:this|that|it|the readme|the file|the document)\b[^\n]{0,40}\b(?:helps?|useful|meets|works for you|what you)\b/i,
  /^(?:would you like|do you want|shall i|should i|want me to|is there anything else|can i help)\b/i,
  /^if (?:you'd|you would|you) (?:like|want|prefer|need)\b[^\n]{0,120}\b(?:i can|i could|let me know|i'd be|i'm happy|just ask|tell me)\b/i,
  /^(?:i can also|i could also|i'd be happy to|i'm happy to|i am happy to|happy to) (?:add|adjust|expand|make|help|provide|revise|refine|write|create|generate|tailor|change)\b/i,
  new RegExp(
    String.raw`^feel free to (?:ask|let me know|(?:adjust|modify|customi[sz]e|edit|tweak|adapt|change|replace|update)\b[^\n]{0,60}\b(?:${file}|sections?|placeholders?|wording|needed|necessary))\b`,
    'i',
  ),
  new RegExp(
    String.raw`^(?:this|the|the above) ${file} (?:now )?(?:provides|includes|covers|gives|follows|captures|should give|offers)\b[^\n]*\b(?:comprehensive|clear|complete|concise|everything|all the|thorough|overview|requested|template)\b`,
    'i',
  ),
  new RegExp(
    String.raw`^(?:note:? ?)?i(?:'ve| have)? (?:created|written|wrote|generated|updated|kept|included|tried|made|added|based|structured|drafted|left|used|assumed|inferred|omitted)\b[^\n]{0,160}\b(?:${file}|placeholders?|repository|context|provided|template|instructions|assumptions?)\b`,
    'i',
  ),
  /^(?:please )?note(?: that|:)[^\n]{0,80}\bi (?:don't|do not|didn't|did not|couldn't|could not|cannot|can't|was unable|wasn't able|am unable|have not|haven't|had to|have assumed|assumed)\b/i,
  /^(?:i (?:don't|do not|didn't|did not|couldn't|could not) have (?:access|enough|visibility))\b/i,
  /\bas an ai(?: language)? (?:model|assistant)\b/i,
  /^(?:summary of (?:the )?changes|(?:key )?changes (?:i )?made|key improvements|what i changed|what's changed|changes include)\b[^\n]{0,20}:/i,
  /^(?:ich hoffe,? (?:das|dies)|lass(?:en sie)? mich wissen|möchte(?:st du|n sie)|j'espère que|n'hésitez pas à me|souhaitez-vous|espero que (?:esto|isso)|avísame|¿(?:te gustaría|quieres que)|fammi sapere|spero che|me avise|gostaria que|если (?:хотите|нужно)|надеюсь|дайте знать|如果您|如果你需要|希望这|ご不明|必要であれば)/i,
];

const refusals = [
  /^(?:(?:i'm|i am)\s+(?:\w+\s+)?(?:sorry|afraid)|sorry|(?:my )?apologies|i apologi[sz]e|unfortunately|regrettably)\b[^\n]{0,200}\b(?:can't|cannot|can not|unable|not able|won't|will not|not (?:comfortable|permitted|allowed)|decline|don't have|do not have)\b/i,
  /^(?:i'm|i am) (?:unable|not able|not allowed|not permitted|not comfortable)\b/i,
  /^i (?:can't|cannot|can not|won't|will not|must decline|(?:need|have) to decline|am declining)\b/i,
  /^i (?:don't|do not) have (?:access|enough|the ability|permission)\b/i,
  /^as an ai\b/i,
  /^(?:this|your|the) (?:request|content|prompt)\b[^\n]{0,40}\b(?:violates|goes against|can't|cannot|is not allowed|isn't something)\b/i,
  /^(?:es tut mir leid|tut mir leid|leider kann ich|je suis désolé|je ne peux pas|désolé|lo siento|no puedo|mi dispiace|non posso|desculpe|sinto muito|não posso|извините|к сожалению|я не могу|抱歉|对不起|很抱歉|我无法|申し訳|すみません|죄송)/i,
];

/** Without emphasis and with straight apostrophes; the beginning is enough, and bounds the work. */
function plain(text: string): string {
  return text
    .slice(0, 1500)
    .trim()
    .replaceAll('’', "'")
    .replace(/^[\s*_>(#[\]]+/, '')
    .replace(/[\s*_)\]]+$/, '');
}
