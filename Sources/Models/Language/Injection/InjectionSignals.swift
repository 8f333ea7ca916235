/// What a text says that talks to a machine instead of to us: words in some order, with at most so many words between them.
struct InjectionSignal: Sendable {
    var name: String
    /// What one occurrence adds; three add twice as much, more nothing.
    var weight: Double
    /// Words of each step, any of them; and how many words on the next step may stand.
    var steps: [[String]]
    var gaps: [Int]

    /// - Parameter form: `ignore disregard >7 instructions rules`: steps with the largest distance between them.
    init(_ name: String, _ weight: Double, _ form: String) {
        (self.name, self.weight, steps, gaps) = (name, weight, [[]], [])
        for word in form.split(separator: " ") {
            if word.first == ">" {
                gaps.append(Int(word.dropFirst()) ?? 1)
                steps.append([])
            } else {
                steps[steps.count - 1].append(String(word))
            }
        }
    }

    /// Set by hand while looking at one collection of attacks: what is found of that collection says little of others.
    static let all: [InjectionSignal] = [
        InjectionSignal(
            "override", 0.6,
            """
            ignore disregard forget override bypass overwrite neglect unfollow discard ignorier ignoriere vergiss ignora ignorez oublie olvida \
            dimentica >7 instruction instructions prompt prompts rule rules guideline guidelines command commands directive directives \
            programming training restrictions limitations policies constraints anweisungen instrucciones istruzioni consignes regeln
            """),
        InjectionSignal(
            "override", 0.7, "previous prior preceding earlier >1 instruction instructions prompt rules commands messages directions"),
        InjectionSignal("override", 0.7, "ignore disregard forget >1 all everything any the what >2 above before previous prior said told"),
        InjectionSignal("override", 0.9, "new updated >1 instruction instructions orders directives rules >2 come follow"),
        InjectionSignal("override", 0.9, "new >1 instruction instructions"),
        InjectionSignal("override", 0.7, "old >1 commands instructions rules orders"),
        InjectionSignal(
            "reveal", 0.45, "reveal print show repeat display output leak tell expose >6 prompt secrets password passwords confidential"),
        InjectionSignal("reveal", 0.9, "system initial original hidden >1 prompt message instructions"),
        InjectionSignal("reveal", 0.8, "your the >1 unique >1 id"),
        InjectionSignal(
            "persona", 0.5, "act pretend roleplay simulate behave respond answer reply imagine speak talk impersonate >4 as being like"),
        InjectionSignal("persona", 0.7, "i >1 want need >1 you >1 to >1 act be play pretend"),
        InjectionSignal("persona", 0.7, "assume take adopt personify >2 role persona personality identity"),
        InjectionSignal("persona", 0.45, "you your you're >2 now no longer"),
        InjectionSignal("persona", 0.7, "you >1 are will >1 now only going >2 be act respond answer the an a dan called"),
        InjectionSignal("persona", 0.55, "from >1 now >1 on"),
        InjectionSignal("persona", 0.55, "in stay stays break >2 character"),
        InjectionSignal("persona", 0.55, "role >1 play playing"),
        InjectionSignal("persona", 0.55, "persona hypothetical fictional roleplay"),
        InjectionSignal("persona", 0.55, "character >1 description card named"),
        InjectionSignal("dan", 1.1, "dan do >1 anything mode is >1 now with"),
        InjectionSignal("dan", 1.1, "as be am are called like named >1 dan"),
        InjectionSignal("dan", 1.1, "developer dev god jailbreak debug debugging dan admin >1 mode"),
        InjectionSignal("dan", 0.9, "jailbreak jailbroken jailbreaking >400 ai prompt chatgpt gpt you filter mode"),
        InjectionSignal(
            "limits", 0.35,
            """
            never not cannot without no don't ignore regardless bypass >6 refuse refuses refusing disclaimer disclaimers warnings morals morality \
            ethics ethicality restrictions restriction limitations censorship filter filters filtered decline apologize legality rules policy policies
            """),
        InjectionSignal(
            "limits", 0.6,
            "free freed liberated broken unbound released >6 restrictions constraints confines rules limitations filters chains"),
        InjectionSignal("limits", 0.6, "no without >1 limits limit boundaries >1 ai"),
        InjectionSignal(
            "limits", 0.6,
            "unfiltered uncensored amoral immoral unethical illegal nsfw explicit unrestricted unbiased evil harmful obscene >400 ai you chatbot bot model"
        ),
        InjectionSignal("model", 0.6, "chatgpt openai gpt gpt-3 gpt-4 gpt4 llm"),
        InjectionSignal("model", 0.6, "language >1 model models"),
        InjectionSignal("model", 0.6, "an all the >1 ai ais >1 model assistant language that called"),
        InjectionSignal("model", 0.6, "content >1 policy policies filter filters"),
        InjectionSignal("answer", 0.5, "respond reply responding >2 by with only"),
        InjectionSignal("answer", 0.8, "include print output write say return insert repeat end >8 string >6 response answer reply http"),
        InjectionSignal("answer", 0.8, "include print write say insert add >6 in >1 your >1 response answer reply"),
        InjectionSignal("answer", 0.8, "following >1 string text message sentence"),
        InjectionSignal("answer", 0.8, "respond perform performing >2 performing the >1 following"),
        InjectionSignal("answer", 0.8, "substitute placeholder encoded base64 rot13"),
        InjectionSignal(
            "code", 0.5, "following below subsequent provided given mentioned this >3 code snippet script section segment excerpt block"),
        InjectionSignal(
            "code", 0.4,
            """
            include incorporate integrate append add embed insert merge utilize employ use adopt feature featuring consider incorporating including \
            adding using utilizing enrich >9 following below provided subsequent
            """),
        InjectionSignal("code", 0.4, "your >2 response answer output reply code solution implementation project codebase program coding"),
        InjectionSignal(
            "frame", 0.8,
            "for part purposes enable >3 testing test academic training debugging debug diagnostics >4 purposes exercise pipeline only please do execute perform"
        ),
        InjectionSignal("frame", 0.8, "priority special experimental >1 task case procedure"),
        InjectionSignal("frame", 0.8, "hidden secret >1 functionalities functionality mode instructions"),
        InjectionSignal("frame", 0.7, "prove >3 intelligent ai capable >1 by"),
        InjectionSignal("frame", 0.8, "your the >2 prompt topic question query role keyword target >1 here"),
        InjectionSignal(
            "harm", 0.5,
            "cocaine meth bomb malware ransomware explosive explosives keylogger swearing curse vulgar profanity nsfw lustful"),
    ]

    /// Bytes of the text in lower case, without words' bounds; with what each adds.
    static let marks: [(name: String, weight: Double, text: [UInt8])] = [
        ("tags", 0.9, "<|im_start"), ("tags", 0.9, "<|system"), ("tags", 0.9, "[inst]"), ("tags", 0.9, "[system"),
        ("tags", 0.9, "### instruction"),
        ("tags", 0.9, "### system"), ("tags", 0.9, "\nsystem:"), ("tags", 0.9, "\nassistant:"), ("tags", 0.9, "\nuser:"),
        ("tags", 0.9, "$system"),
        ("tags", 0.9, "<|endoftext"), ("tags", 0.9, "<secret>"), ("tags", 0.9, "</system"), ("tags", 0.9, "</data"),
        ("markup", 1.0, "!["), ("markup", 1.0, "<svg"), ("markup", 1.0, "<script"), ("markup", 1.0, "onload="), ("markup", 1.0, "onerror="),
        ("markup", 1.0, "javascript:"), ("markup", 1.0, "console.log"), ("markup", 1.0, "alert("),
        ("code", 0.7, "```"), ("code", 0.7, "\nimport "), ("code", 0.7, "subprocess"), ("code", 0.7, "os.system"),
        ("template", 0.8, "[your "), ("template", 0.8, "[insert "), ("template", 0.8, "[prompt"), ("template", 0.8, "[query"),
        ("template", 0.8, "[role"), ("template", 0.8, "{prompt"), ("template", 0.8, "{{"), ("template", 0.8, "<prompt>"),
        ("override", 1.2, "指示を無視"), ("override", 1.2, "命令を無視"), ("override", 1.2, "ルールを無視"), ("override", 1.2, "指示は無視"),
        ("override", 1.2, "指示を忘れ"), ("reveal", 1.2, "システムプロンプト"), ("override", 1.2, "忽略之前"), ("override", 1.2, "忽略以上"),
        ("override", 1.2, "忽略所有"), ("reveal", 1.2, "系统提示"),
    ].map { ($0.0, $0.1, Array($0.2.utf8)) }
}
