"""Rules of requests for help with harm: a verb, and what it is done to."""

from typing import NamedTuple


class Rule(NamedTuple):
    """One rule.

    Args:
        kind: what it finds.
        weight: from 0 to 1, of a sentence that matches.
        pattern: of a sentence in lower case.
        unless: a sentence that matches this too does not count.
        harm: the weight is halved where the sentence asks for nothing, and it does not count where it asks to know or to
            prevent, or is about a game.
    """

    kind: str
    weight: float
    pattern: str
    unless: str = ""
    harm: bool = False


_PERSON = (
    r"(?:(?:some|any|every)(?:one|body)|people|persons?|humans?|individuals?|m[ae]n|wom[ae]n|guys?|girls?|boys?|child"
    r"|children|kids?|bab(?:y|ies)|toddlers?|teens?|teenagers?|strangers?|wife|wives|husbands?|spouse|girlfriends?"
    r"|boyfriends?|partner|ex|ex-\w+|neighbou?rs?|boss|co-?workers?|colleagues?|employees?|teachers?|students?|classmates?"
    r"|room-?mates?|friends?|mother|father|mom|mum|dad|parents?|grand(?:mother|father|ma|pa)|brothers?|sisters?|sons?"
    r"|daughters?|family|cops?|police(?: officers?)?|officers?|judges?|guards?|politicians?|presidents?|senators?"
    r"|celebrit(?:y|ies)|journalists?|victims?|patients?|passengers?|crowds?|him|her|them)"
)
ASKED = (
    r"\bhow (?:do|can|could|should|would|might|to|does|much|long)\b|\bis (?:it possible|there (?:a|any) ways?)\b"
    r"|\bways? (?:to|of|for)\b|\bmethods?\b|\bsteps?\b|\binstructions?\b|\bguide\b|\btutorial\b|\brecipe\b|\bplans?\b"
    r"|\btips\b|\bscript\b|\b(?:teach|tell|show|give|help|assist|advise|walk) (?:me|us)\b|\b(?:explain|describe|write|create"
    r"|make|build|design|draft|generate|provide|list|outline|compose|develop|suggest|find)\b|\bi (?:want|need|would like"
    r"|wanna|plan|intend|am going|will)\b|\bi'(?:d like|m going|m planning|ll|ve got to)\b|\b(?:can|could|would|will) you\b"
    r"|\b(?:should|can|could) i\b|\b(?:best|easiest|quickest|cheapest)\b|\bwhere (?:can|could|do|to)\b|\bwhat (?:should|can"
    r"|could|would|do) i\b|\bwhat(?: is|'s) (?:my|his|her|their)\b|\bwhat (?:kind|type|sort|poison|drugs?|chemicals?"
    r"|ingredients?)\b|\blet's\b|\bplease\b"
)
_KNOWLEDGE = (
    r"\b(?:prevent\w*|protect\w*|defend\w*|safeguard\w*|guard(?:ing)? against|detect\w*|recogni[sz]\w+|report(?:ing)?"
    r"|warning signs?|signs? (?:of|that)|symptoms?|recover(?:y|ing)?|surviv\w+|treat(?:ment|ed)?|support(?:ing)? (?:a|an|the"
    r"|someone|victims)|awareness|histor\w+|definition|defined?|meaning|means|penalt\w+|punish\w+|consequences?|illegal to"
    r"|legal to|against the law|statistics|stop (?:someone|people|others|a|the|my|him|her|them|being)|avoid (?:being"
    r"|becoming)|how did|how (?:was|were|many)|why (?:did|was|were)|when (?:did|was|were)|who (?:was|were|killed|shot|stole"
    r"|invented)|what (?:was|were|happened))\b"
)
_GAME = (
    r"\b(?:video ?games?|board games?|card games?|chess|minecraft|fortnite|roblox|gta|grand theft auto|call of duty"
    r"|counter-?strike|skyrim|zelda|the sims|hitman|world of warcraft|league of legends|overwatch|dota|pubg|valorant"
    r"|elden ring|dungeons (?:and|&) dragons|d&d|npcs?|zombies?|monsters?|dragons?|vampires?|orcs?|goblins?|respawn"
    r"|boss fight|final boss|side quest)\b"
)
NO_HARM = rf"{_KNOWLEDGE}|{_GAME}"

_ACCOUNT = (
    r"(?:accounts?|passwords?|wi-?fi|e-?mails?|inbox|phones?|i?phone|facebook|instagram|snapchat|whatsapp|gmail|twitter"
    r"|banks?|atms?|networks?|servers?|websites?|webcams?|cameras?|databases?|routers?|computers?|laptops?|systems?|grids?"
    r"|power plants?|satellites?)"
)
_PEOPLES = (
    r"(?:women|men|blacks?|black people|africans?|jews?|jewish people|muslims?|christians?|hindus?|gays?|gay people|lesbians?"
    r"|homosexuals?|trans(?:gender)?(?: people)?|immigrants?|migrants?|refugees?|mexicans?|asians?|chinese(?: people)?"
    r"|indians?|arabs?|gyps(?:y|ies)|whites?|white people|disabled people|the disabled|old people|the elderly|fat people"
    r"|the poor|minorities)"
)


def _harm(kind: str, pattern: str, unless: str = "") -> Rule:
    return Rule(kind, 0.8, pattern, unless, harm=True)


HARM = (
    _harm(
        "violence",
        r"\b(?:murder|assassinate|behead|strangle|kidnap|abduct|torture|lynch|massacre)(?:ing)? \w+|\b(?:kill|poison|torture"
        r"|hurt|abuse|drown|set fire to)(?: \S+){0,2}? (?:dogs?|cats?|pupp(?:y|ies)|kittens?|horses?|bunn(?:y|ies)|rabbits?"
        r"|pets?|animals?)\b|\bpoisons? (?:that|which)\b|\bbury(?:ing)? (?:\S+ ){1,2}alive\b",
        r"\b(?:murder (?:myster\w+|case|trial|rates?|hornets?)|pest\w*|humane\w*)\b",
    ),
    _harm(
        "violence",
        r"\b(?:kill|murder|assassinate|poison|strangle|choke|stab|shoot|behead|decapitate|torture|maim|mutilate|beat up|beat"
        r"|hurt|injure|harm|attack|assault|kidnap|abduct|suffocate|drown|ambush|lynch|drug|traffick?|enslave|run over"
        r"|set fire to|blow up|slaughter"
        rf"|exterminate)(?: \S+){{0,3}}? {_PERSON}\b",
        r"\b(?:at|in) (?:tennis|football|debate|cards|the game|an argument)\b|\bkill time\b",
    ),
    _harm(
        "violence",
        r"\b(?:blow up|bomb|burn down|set fire to|shoot up|attack|derail|sabotage|vandali[sz]e)(?: \S+){0,3}? (?:buildings?"
        r"|houses?|schools?|churches|church|mosques?|synagogues?|hospitals?|airports?|planes?|trains?|stadiums?|offices?"
        r"|cars?|homes?|embass(?:y|ies)|malls?|concerts?|government)\b|\b(?:mass|school) shooting\b|\bterror(?:ist)? attack\b"
        r"|\bhire (?:a )?hit ?man\b|\bcommit (?:a )?(?:murder|genocide|arson|terrorism)\b",
    ),
    _harm(
        "weapons",
        r"\b(?:make|making|build|building|construct|create|assemble|manufactur\w+|produce|cook up|detonate|plant"
        r"|synthesi[sz]e|3d[- ]print|weaponi[sz]e|smuggle|buy|get|obtain|acquire)\b.*\b(?:(?:pipe|nail|car|dirty"
        r"|fertili[sz]er|nuclear|home-?made|pressure cooker) bombs?|bombs?|explosives?|ieds?|grenades?"
        r"|molotov(?: cocktails?)?|nerve (?:gas|agents?)|sarin|ricin|anthrax|mustard gas|chlorine gas|(?:chemical|biological"
        r"|bio) ?weapons?|bioweapons?|land ?mines?|silencers?|ghost guns?|untraceable guns?|illegal (?:guns?|weapons?"
        r"|firearms?)|napalm|thermite)\b",
        r"\b(?:bath|seed|glitter|photo|smoke|logic|zip|fork|stink|water|jager|cherry|calorie|cocoa|chocolate|time) ?bombs?\b",
    ),
    _harm(
        "drugs",
        r"\b(?:make|making|cook|synthesi[sz]e|produce|manufactur\w+|extract|grow|buy|sell|selling|smuggle|traffic|deal"
        r"|dealing|score|get|obtain|order|use|take|snort|inject|smoke)\b.*\b(?:meth|methamphetamines?|crystal meth|cocaine"
        r"|crack cocaine|heroin|fentanyl|lsd|mdma|ecstasy|molly|ghb|ketamine|pcp|date[- ]rape drugs?|(?:illegal|street|hard"
        r"|party) drugs?|moonshine|illicit drugs?|opium|dmt|bath salts)\b",
        r"\b(?:prescri\w+|rehab|addict\w*|withdrawal|clinical|therap\w+)\b",
    ),
    _harm(
        "theft and fraud",
        r"\b(?:steal|rob|shoplift|burglari[sz]e|burgle|pickpocket|mug|hot-?wire|embezzle)\b(?: \S+){0,3}? (?:cars?|money"
        r"|identit(?:y|ies)|credit|cards?|wallets?|bikes?|bicycles?|purses?|phones?|laptops?|jewel(?:le)?ry|data|cash"
        r"|packages?|mail|electricity|cable|stores?|shops?"
        rf"|banks?|houses?|homes?|liquor|museums?|from|safes?|guns?|motorcycles?|trucks?|{_PERSON})\b|\bshoplift(?:ing)?\b",
        r"\b(?:the show|the spotlight|(?:first|second|third|home) base|bases|a kiss|hearts?|thunder|a glance|look from)\b",
    ),
    _harm(
        "theft and fraud",
        r"\b(?:forge|fake|counterfeit|falsify)\b(?: \S+){0,3}? (?:signatures?|documents?|passports?|ids?|prescriptions?"
        r"|che(?:ck|que)s?|certificates?|money|bills?|currency|receipts?|transcripts?|diplomas?|licen[cs]es?)\b"
        r"|\bcounterfeit(?:ing)? (?:money|bills|goods)\b|\blaunder(?:ing)? money\b|\bmoney laundering\b|\b(?:commit"
        r"|get away with)\b.*\bfraud\b|\bponzi scheme\b|\bpyramid scheme\b|\binsider trading\b|\b(?:evade|evading|cheat on"
        r"|dodge) (?:my |paying |the )*tax(?:es)?\b|\b(?:scam|defraud|con|swindle|blackmail"
        rf"|extort|bribe)(?: \S+){{0,3}}? {_PERSON}\b|\bfake (?:ids?|passports?|reviews?|invoices?|charity|vaccine cards?)\b"
        r"|\b(?:blackmail|extort)(?:ing)? \w+|\bdine and dash\b|\bescape (?:from )?(?:prison|jail)\b",
        r"\bpros and cons\b|\bcon (?:artists?|man|men)\b",
    ),
    _harm(
        "hacking",
        rf"\b(?:hack|hacking|break into|phish|ddos|brute[- ]force|take down|deface|compromise|tap|bug|spy on|unlock"
        rf"|crack)\b(?: \S+){{0,5}}? {_ACCOUNT}\b|\bhack (?:in)?to\b|\bhack(?: \S+){{0,2}} {_PERSON}\b",
        r"\b(?:my own|ethical\w*|ctf|hackathons?|life ?hacks?|growth hack\w*|pen(?:etration)?[- ]?test\w*|secure|security of"
        r"|forgot\w*)\b",
    ),
    _harm(
        "hacking",
        r"\b(?:write|create|make|code|build|develop|generate|deploy|spread|install|design|get|give me)\b.*\b(?:malware"
        r"|ransomware|computer (?:virus|worm)|key-?loggers?|trojans?|spyware|botnets?|rootkits?|phishing (?:e-?mails?|sites?"
        r"|pages?|messages?|campaigns?)|exploits?|ddos attacks?|skimmers?)\b",
        r"\b(?:anti-?malware|anti-?virus|remove|removal|trojan (?:war|horse story))\b",
    ),
    _harm(
        "self-harm",
        r"\b(?:kill|hang|hurt|harm|cut|poison|drown|starve|shoot) (?:myself|yourself)\b|\bcommit(?:ting)? suicide\b"
        r"|\bsuicide (?:with|by|using|note|method|pact|bomb)\w*|\bend (?:my|your|their) (?:own )?life\b|\bself[- ]harm\b"
        r"|\boverdose on\b|\bpro-?ana\b|\bpainless(?:ly)? (?:death|die|suicide|ways? to die)\b",
        r"\b(?:feeling|feels|hotline|thoughts|bored|laughing)\b",
    ),
    _harm(
        "sexual",
        r"\b(?:child|children|kids?|minors?|under-?age|pre-?teens?|teen(?:age)?(?: girls?| boys?)?"
        r"|schoolgirls?)\b.*\b(?:porn\w*|nudes?|naked|sexual\w*|sexy|erotic\w*|groom)\b|\b(?:porn\w*|nudes?|sexual|sex with"
        r"|erotic\w*|groom|molest)\b.*\b(?:child|children|minors?"
        rf"|under-?age|pre-?teens?)\b|\b(?:rape|molest|grope|sexually (?:assault|abuse|harass)"
        rf"|upskirt)(?: \S+){{0,3}}? {_PERSON}\b"
        r"|\brevenge porn\b|\bdeep-?fake (?:porn|nudes?)\b",
        r"\b(?:education|abuse material detection|rights)\b",
    ),
    Rule(
        "hate",
        0.8,
        r"\b(?:racist|sexist|homophobic|anti-?semitic|transphobic|islamophobic|xenophobic|misogynist\w*|white supremac\w+"
        r"|nazi|hateful|bigoted)\b(?: \S+){0,3}? (?:jokes?|slurs?|poems?|speech(?:es)?|propaganda|rants?|tweets?|posts?"
        r"|songs?|insults?|manifestos?|memes?|essays?|stor(?:y|ies)|comments?|content)\b",
        harm=True,
    ),
    Rule(
        "hate",
        0.8,
        rf"\b{_PEOPLES} (?:are|should|must|deserve|need to|have to|so|ought)\b.*\b(?:inferior|stupid|subhuman|animals|vermin"
        rf"|parasites|lazy"
        r"|dirty|evil|criminals|dangerous|killed|die|banned|deported|exterminated|hanged|sterili[sz]ed|enslaved"
        r"|stay in the kitchen|less"
        rf" (?:intelligent|human|capable))\b|\b(?:why|reasons?|prove|convince|argue|claim"
        rf"|explain)\b.*\b{_PEOPLES}\b.*\b(?:inferior|subhuman|deserve[sd]? to|should(?:n't| not) (?:be allowed|vote|have)"
        rf"|less (?:intelligent|human))\b|\b(?:discriminate|incite\w*|hatred|violence) (?:\S+ ){{0,2}}?(?:against"
        rf"|towards?) (?:\S+ )?{_PEOPLES}\b|\bslurs? (?:for|against)\b|\bethnic cleansing of\b"
        r"|\bholocaust (?:did not|didn't|never|was a) (?:happen|hoax)\b",
        r"\b(?:prevent\w*|combat\w*|reduce|fight(?:ing)? (?:against )?(?:racism|hate)|why (?:is|are) it wrong"
        r"|harmful stereotypes?)\b",
        harm=True,
    ),
    Rule(
        "hate",
        0.6,
        rf"\bjokes? (?:about|on|making fun of) (?:\w+ )?{_PEOPLES}\b|\bwhy (?:are|do) (?:all |most "
        rf"|so many )?{_PEOPLES} (?:so |always |such )|\bkeep (?:\w+ )?{_PEOPLES} (?:out|away)\b"
        rf"|\bget rid of (?:all )?(?:the )?{_PEOPLES}\b",
        r"\bwhy (?:are|do) .* (?:underrepresented|oppressed|discriminated|at risk|vulnerable)\b",
    ),
    _harm(
        "harassment",
        r"\b(?:stalk|dox|doxx|harass|bully|cyberbully|humiliate|intimidate|threaten|terrori[sz]e|spy on|track|follow|gaslight"
        r"|manipulate|slander"
        rf"|catfish|secretly (?:record|film|photograph|follow|track)|send hate (?:mail"
        rf"|messages) to)(?: \S+){{0,3}}? {_PERSON}\b"
        r"|\bmake (?:\S+ )?(?:fun of|life hell)\b|\b(?:stalk|dox+|cyberbully) \w+|\b(?:hide|hidden|install|place) (?:a "
        r"|an )?(?:\w+ )?cameras?\b",
        r"\b(?:track (?:my|your) (?:own )?(?:kids?|children|child|employees?)|follow (?:the|your) (?:guide|police)"
        r"|on social media)\b",
    ),
    _harm(
        "private facts",
        r"\b(?:home address|where (?:\S+ ){1,3}lives?|personal (?:phone|cell) number|private (?:phone )?number"
        r"|phone number of|social security number|medical records? of|credit card numbers?|bank (?:details|account number) of"
        r"|browsing history of|private (?:photos|messages) of)\b",
        r"\b(?:format|valid(?:ate|ation)?|update my|change my|my (?:own|home|social|medical|credit|bank))\b",
    ),
    _harm(
        "misinformation",
        r"\b(?:write|create|make|generate|spread|compose|draft|convince|persuade|post|invent)\b.*\b(?:fake news"
        r"|disinformation|misinformation|conspiracy (?:theor\w+|articles?)|propaganda|hoax(?:es)?|false (?:rumou?rs?|claims?"
        r"|information)|vaccines? (?:cause|are|contain)|(?:earth is flat|climate change is|covid(?:-19)? (?:is"
        r"|was)) ?(?:a )?(?:hoax|fake|flat|not real)?)\b|\b(?:rig|steal|tamper with|hack)(?: \S+){0,2}? (?:elections?|votes?"
        r"|ballots?|voting machines?)\b",
        r"\b(?:spread of|effects? of|impact of|implications?|combat\w*|fight\w*|debunk\w*)\b",
    ),
    _harm(
        "violence",
        r"\bassassinat(?:e|ing)\b|\b(?:push|shove|throw)(?: \S+){1,3}? (?:down|off|under|in front of) (?:a "
        r"|the )?(?:\w+ )?(?:stairs|cliff|bridge|roof|train|bus)\b|\b(?:break|breaking|cut off"
        r"|smash)(?: \S+){0,2}?'s (?:legs?|arms?|neck|nose|bones?|fingers?|skull|teeth)\b|\b(?:gut|electrocute|blind"
        r"|scald) (?:someone|somebody|people|him|her|them)\b|\b(?:home-?made|kinds? of|best|which|undetectable) poisons?\b"
        r"|\b(?:put|slip|sneak|mix)\b.*\b(?:poison|laxatives?|sedatives?|roofies?|sleeping pills?|glass|feces"
        r"|bleach)\b.*\b(?:food|drinks?|coffee|meals?|someone|people|him|her|them)\b|\b(?:get|make) (?:someone|somebody"
        r"|people) (?:else )?(?:\w+ )?sick\b|\blook like an accident\b|\bhit ?man\b|\b(?:human (?:meat|flesh)|cannibalism)\b"
        r"|\bas a weapon\b|\buse acid\b",
    ),
    _harm(
        "violence",
        r"\b(?:buy|sell|purchase|traffick?(?:ing)?|smuggle)\b(?: \S+){0,3}? (?:child|children|kids?|bab(?:y|ies)|girls?"
        r"|wom[ae]n|slaves?|human (?:beings?|organs?)|people|organs?)\b",
        r"\b(?:clothes|clothing|toys?|shoes|books?|gifts?|presents?|for (?:a|my|the|your) \w+)\b",
    ),
    _harm(
        "weapons",
        r"\b3d[- ]print\w*\b.*\b(?:guns?|firearms?|rifles?|receivers?)\b|\b(?:guns?|firearms?|rifles?)\b.*\b3d[- ]print\w*"
        r"|\b(?:make|build)\b.*\bsuppressors?\b|\b(?:gun|firearm)\b.*\b(?:without (?:a )?(?:background check|licen[cs]e"
        r"|permit)|black market)\b",
    ),
    _harm(
        "drugs",
        r"\b(?:sell|deal|smuggle|find|sneak|push)(?:ing)? (?:some |any |my |illegal )*(?:drugs|weed|pot|marijuana|meth"
        r"|cocaine|heroin|lsd|ecstasy|pills)\b|\b(?:pass|cheat|beat|fake) (?:a |the |my )?(?:\w+ )?drug test\b",
        r"\b(?:prescri\w+|drugs? (?:store|interaction)|dispensar\w+|licen[cs]ed?)\b",
    ),
    _harm(
        "theft and fraud",
        r"\bsteal(?:ing)? (?:a|an|the|my|his|her|their|some|someone's|from|cars|stuff|things) ?\w*|\bhot[- ]?wir(?:e|ing)\b"
        r"|\bsiphon(?:ing)? gas\b|\bsneak(?:ing)? (?:in|into|past|out of|through)\b|\bget past security\b|\bwithout paying\b"
        r"|\b(?:lie|lying) to (?:the )?(?:police|cops?|investigators?|court|judge|irs|jury|insurance)\b|\b(?:trick|con"
        r"|deceive|scam|fool|rip off)(?:ing)?(?: \S+){0,3}? (?:elderly|old (?:people|lady|man)|seniors?|customers?|clients?"
        r"|grand\w+|relatives?|investors?)\b|\b(?:insurance|welfare|credit card|wire|tax|benefits?|voter) (?:fraud|scam)\b"
        r"|\bphishing scams?\b|\bjoin (?:a |the )?(?:gang|mafia|cartel|kkk|isis|terrorist\w*|neo-?nazis?|nazis?)\b"
        r"|\bbreak(?:ing)? into (?:a |an |the |my |someone's )?(?:\w+ ?){1,2}\b",
        r"\b(?:the show|the spotlight|(?:first|second|third|home) base|bases|a kiss|(?:someone's|her|his|your) hearts?"
        r"|thunder|a glance|a look|the scene|industry|market|field|song|tears)\b",
    ),
    _harm(
        "vandalism",
        r"\b(?:sabotage|vandali[sz]e|slash|destroy|damage|wreck|smash|trash|ruin|burn|graffiti|egg"
        r"|break)(?:ing)?(?: \S+){0,4}? (?:cars?|tires?|tyres?|engines?|houses?|windows?|property|clothes|clothing|belongings"
        r"|roller ?coasters?|reputation|relationship|marriage|life|career|statues?)\b|\bkey(?:ing)? (?:his|her|their|my|the"
        r"|someone's)(?: \w+)? car\b",
        r"\b(?:repair|fix|insurance|clean|accidental\w*|my own|old clothes)\b",
    ),
    _harm(
        "harassment",
        rf"\b(?:get back at|get revenge|take revenge|revenge on|get even with|pay(?:ing)? back)\b|\b(?:tarnish|ruin"
        rf"|smear)\b.*\breputation\b|\bget (?:\S+ ){{1,4}}drunk\b|\b(?:say|write|send|text"
        rf"|tell)(?: \S+){{0,4}}? (?:something )?(?:offensive|racist|hurtful|insulting|abusive|threatening)\b|\b(?:trick"
        rf"|manipulate|coerce|force|pressure)(?: \S+){{0,3}}? {_PERSON} (?:into|to (?:sleep|have sex|marry|sign|send))\b",
    ),
    _harm(
        "private facts",
        r"\b(?:residential|home|private|personal|street|current) (?:address|phone|e-?mail)(?: \w+)? (?:for|of)\b"
        r"|\b(?:find(?: out)?|get|locate|look up|know) where (?:\S+ ){1,4}(?:lives?|works?|goes to school|is staying)\b"
        r"|\b(?:what is|what's|tell me|give me|find)(?: \S+){1,4}?'s (?:home |personal |private |cell |current )?(?:address"
        r"|phone number|social security number|ssn|salary|medical (?:history|records?|condition)|password|diagnosis"
        r"|sexual orientation|browsing history|bank account)\b",
        r"\b(?:i live|my friend lives|company'?s?|store'?s?|restaurant'?s?|business|office|ip|mac|server)\b",
    ),
    Rule(
        "hate",
        0.8,
        rf"\b(?:discriminat\w+ against|avoid (?:hiring|serving|renting to|talking to)|refuse to (?:hire|serve|rent)"
        rf"|not (?:hire|serve)|don't want to work with|keep (?:america|europe|our country|the country) white|in (?:support"
        rf"|favou?r) of (?:segregation|slavery|apartheid|genocide|eugenics)|supremacy of)\b|\b{_PEOPLES}(?:'s)? should(?:n't"
        rf"| not) be (?:allowed|able|permitted)\b|\bwhy should(?:n't| not)? (?:we )?.*\b{_PEOPLES}\b|\bhow (?:do|can|could"
        rf"|to)\b.*\b(?:offend|insult|provoke|exclude|oppress|subjugate|persecute|discriminate)\b.*\b{_PEOPLES}\b",
        r"\b(?:prevent\w*|combat\w*|reduce|fight(?:ing)?|wrong to|help|support|respect|protect|laws?|illegal|paid|equal\w*)\b",
        harm=True,
    ),
    Rule(
        "concealment",
        0.7,
        r"\b(?:get(?:ting)? away with|without (?:getting|being) caught|without (?:(?:her|him|them|anyone|anybody|people"
        r"|my \w+) )+(?:knowing|noticing|finding out)|avoid (?:getting caught|detection|arrest|the police)"
        r"|evade (?:the )?(?:police|detection|arrest|law)|(?:dispose|get rid) of (?:a |the |my |\w+ )?(?:dead )?(?:body"
        r"|bodies|corpse|evidence)|(?:hide|bury|dissolve) (?:a |the )?(?:dead )?(?:body|bodies|corpse)|destroy evidence"
        r"|cover up (?:a |the )?(?:murder|crime)|untraceable|leave no (?:trace|evidence)|burn (?:a|the) body)\b",
        harm=True,
    ),
)
"""In no order: every rule is tried on every sentence."""
