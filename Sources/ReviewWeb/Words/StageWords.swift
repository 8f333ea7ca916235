import Foundation

/// What the stages say, in Japanese: their sentences have a few forms, each with places for numbers and amounts. A sentence of no known form
/// stays as it is.
struct StageWords: Sendable {
    private struct Form: Sendable {
        /// What stands between the places.
        var parts: [String]
        var japanese: String
    }

    /// `*` is a place; in Japanese, a number says which.
    private static let forms: [Form] = [
        ("amount * is * times this card's 30-day mean", "金額 1 はこのカードの30日平均の 2 倍"),
        ("amount *, this card's only transaction in 30 days", "金額 1、このカードの30日間で唯一の取引"),
        ("amount *, this card's 30-day mean is *", "金額 1、このカードの30日平均は 2"),
        ("this card: mean of * over * transactions in * days", "このカード: 3 日間の 2 件の平均は 1"),
        ("this card: mean of * over * transactions in * day", "このカード: 3 日間の 2 件の平均は 1"),
        ("this card: mean of * over * transaction in * days", "このカード: 3 日間の 2 件の平均は 1"),
        ("this card: mean of * over * transaction in * day", "このカード: 3 日間の 2 件の平均は 1"),
        ("this card: * transactions in * days", "このカード: 2 日間に 1 件の取引"),
        ("this card: * transactions in * day", "このカード: 2 日間に 1 件の取引"),
        ("this card: * transaction in * days", "このカード: 2 日間に 1 件の取引"),
        ("this card: * transaction in * day", "このカード: 2 日間に 1 件の取引"),
        ("terminal: * of * transactions * to * days ago were fraud", "端末: 3〜4 日前の取引 2 件のうち 1 件が不正"),
        ("terminal: * of * transactions * to * days ago was fraud", "端末: 3〜4 日前の取引 2 件のうち 1 件が不正"),
        ("terminal: * of * transaction * to * days ago was fraud", "端末: 3〜4 日前の取引 2 件のうち 1 件が不正"),
        ("terminal: * transactions * to * days ago", "端末: 2〜3 日前に 1 件の取引"),
        ("terminal: * transaction * to * days ago", "端末: 2〜3 日前に 1 件の取引"),
        ("on a weekend", "週末の取引"), ("not on a weekend", "平日の取引"),
        ("at night (0 to 6 o'clock)", "夜間(0〜6時)の取引"), ("not at night", "夜間ではない取引"),
        ("last ten transactions of this card", "このカードの直近10件の取引"),
        ("last ten transactions of this terminal", "この端末の直近10件の取引"),
        ("time", "時刻"), ("amount", "金額"), ("terminal", "端末"), ("card", "カード"), ("known as", "判明した結果"), ("fraud", "不正"),
        ("genuine", "正常"), ("failing", "故障"), ("defective", "不良"), ("sound", "正常"),
        ("life left: * (* % of such units: * to *)", "残り寿命: 1 (同種の機械の 2 % は 3〜4)"),
        ("repair by * (* steps on): * expected, saves * (now *, at failure *)", "1 までに修理(2 ステップ後): 期待費用 3、節約 4(今なら 5、故障時 6)"),
        ("mean of * over * readings: *", "1 の 2 回平均: 3"),
        ("mean of * over * readings less that over *: *", "1 の 2 回平均と 3 回平均の差: 4"),
        ("mean of * over * readings less that of the unit's first *: *", "1 の 2 回平均と最初の 3 回の平均との差: 4"),
        ("change of * a reading over *: *", "1 の測定ごとの変化(2 回): 3"), ("* readings of this unit so far", "この機械のこれまでの測定 1 回"),
        ("*: a point beyond three standard deviations", "1: 標準偏差の三倍を超える点"),
        ("sensors that moved most, in standard deviations of the fleet", "最も変化したセンサー(フリートの標準偏差)"),
        ("sensor", "センサー"), ("now (15 readings)", "現在(15回平均)"), ("since the unit's start", "使用開始から"),
        ("a reading, over 60", "測定ごと(60回)"), ("control charts of this group", "このグループの管理図"), ("measurement", "測定項目"),
        ("reading", "測定値"), ("lower limit", "下方限界"), ("center", "中心線"), ("upper limit", "上方限界"), ("signals", "警報"),
        ("readings of this group, newest first", "このグループの測定値(新しい順)"),
        ("chance to run out within * *s if nothing is ordered: * %", "発注しない場合の欠品確率(1 期以内): 3 %"),
        ("no stock is known, so it is taken for 0", "在庫が不明のため 0 とみなす"),
        ("stock and orders cover * % of the expected * units", "在庫と発注残は予測 2 個の 1 % をまかなう"),
        ("new: forecast from items like it", "新商品: 類似商品から予測"),
        ("the newest *s are * times the level before: did the unit change?", "直近の期は以前の水準の 2 倍: 単位が変わりましたか"),
        ("the newest *s are 1/* of the level before: did the unit change?", "直近の期は以前の水準の 1/2: 単位が変わりましたか"),
        ("the budget leaves less than it wants", "予算により必要量より少ない"),
        ("only * *s are known", "過去は 1 期のみ"), ("no demand in * % of the newest periods", "直近の期の 1 % は需要なし"),
        ("past forecasts missed by * % (quantile loss a unit)", "過去の予測の誤差 1 %(分位点損失)"),
        ("what each choice costs (*, expected over * *s)", "各選択肢の期待費用(1、2 期)"), ("choice", "選択肢"), ("units", "数量"),
        ("value", "金額"), ("runs out", "欠品"), ("holding", "保管"), ("missing", "欠品損失"), ("waste", "廃棄"), ("cost", "費用"),
        ("it looks like orders to a machine", "機械への指示のように見える"), ("nothing in it is known to the classifier", "分類器の知る語がない"),
        ("no passage answers it", "回答となる文書がない"), ("nobody answers this language automatically", "この言語は自動回答の対象外"),
        ("it has too many sentences to judge each", "文が多すぎて一文ずつ判定できない"),
        ("the intent may be wrong: * %, by the text classifier", "用件の誤りの確率 1 %(文章分類器)"),
        ("its words say that it is urgent", "緊急を示す語がある"), ("what it seems to be about", "推定される用件"),
        ("what was read off it", "読み取った内容"), ("suggested answer, best first", "回答の候補(良い順)"),
        ("what other models say", "他のモデルの判断"), ("intent", "用件"), ("probability", "確率"), ("next likeliest", "次の候補"),
        ("language", "言語"), ("urgency", "緊急度"), ("route", "担当"), ("cites", "出典番号"), ("source", "出典"), ("text", "本文"),
        ("no answer", "回答なし"), ("wrong", "誤り"), ("right", "正しい"),
        ("short", "不足"), ("enough", "充足"), ("how its past was read", "過去データの読み方"), ("note", "注記"), ("back", "何期前"),
        ("how its models were weighed", "モデルの重みの根拠"), ("past loss", "過去の損失"), ("weight", "重み"),
    ].map { Form(parts: $0.0.components(separatedBy: "*"), japanese: $0.1) }

    let language: Language

    func callAsFunction(_ text: String) -> String {
        guard language == .japanese else { return text }
        for form in Self.forms { if let values = Self.values(of: form, in: text) { return Self.filled(form.japanese, with: values) } }
        return text
    }

    /// What stands at the places; nil = another form.
    private static func values(of form: Form, in text: String) -> [String]? {
        guard form.parts.count > 1 else { return text == form.parts[0] ? [] : nil }
        guard text.hasPrefix(form.parts[0]), text.hasSuffix(form.parts[form.parts.count - 1]) else { return nil }
        var rest = text[...].dropFirst(form.parts[0].count)
        var values: [String] = []
        for (index, part) in form.parts.enumerated().dropFirst() {
            if index == form.parts.count - 1 {
                guard rest.count >= part.count, rest.hasSuffix(part) else { return nil }
                values.append(String(rest.dropLast(part.count)))
            } else {
                guard let found = rest.firstRange(of: part) else { return nil }
                values.append(String(rest[..<found.lowerBound]))
                rest = rest[found.upperBound...]
            }
        }
        // A value with spaces is a sign that a longer form was cut at the wrong place.
        return values.allSatisfy { !$0.isEmpty && $0.split(separator: " ").count <= 2 }
            ? values.map { $0 == "no" || $0 == "none" ? "0" : $0 } : nil
    }

    private static func filled(_ pattern: String, with values: [String]) -> String {
        guard !values.isEmpty else { return pattern }
        var result = "", characters = Array(pattern)[...]
        while let character = characters.popFirst() {
            // A place is a digit that no other digit touches: "30" in a sentence is none.
            let next = characters.first
            if let place = character.wholeNumberValue, character.isASCII, (1...values.count).contains(place),
                result.last?.isNumber != true || result.last == nil, next?.isNumber != true
            {
                result += values[place - 1] + "\u{2060}"
            } else {
                result.append(character)
            }
        }
        return result.replacing("\u{2060}", with: "")
    }
}
