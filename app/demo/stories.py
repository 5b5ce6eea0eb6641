"""The demo's projects: our own short texts in Italian, invented groups and people, plausible budgets."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Story:
    """One neighbourhood project as its group would tell it; euros are whole unless written with cents."""

    slug: str
    title: str
    summary: str
    theme: str
    zone: int
    place: str
    group: str
    about: str
    people: tuple[str, ...]
    need: str
    story: str
    impact: str
    lines: tuple[tuple[str, str], ...]
    milestones: tuple[tuple[str, int], ...]  # title, days after the start
    presets: tuple[tuple[int, str, str], ...]  # euros, Italian, English
    updates: tuple[tuple[int, str, str], ...] = field(default=())  # days after the opening, title, text


STORIES: dict[str, Story] = {
    story.slug: story
    for story in (
        Story(
            "officina-di-ringhiera",
            "Officina di ringhiera",
            "Una vecchia portineria diventa il posto dove aggiustare insieme e prendere in prestito gli attrezzi.",
            "fare",
            79,
            "via Davanzati, nella portineria chiusa del caseggiato",
            "Officina di ringhiera",
            "Quattro vicini di casa: un falegname, una sarta, un ciclista e chi tiene i conti.",
            ("Amina Ferrante", "Giorgio Locatelli", "Paola Rinaldi", "Tommaso Brera"),
            "A Dergano molte case hanno meno di quaranta metri quadri: non c’è posto per un trapano, e comprarne uno per"
            " usarlo due volte è uno spreco. Chi sa aggiustare spesso vive solo e non ha dove insegnare.",
            "In via Davanzati c’è una portineria chiusa da undici anni. Dentro ci stanno sei banchi, duecento attrezzi e"
            " molte mani.\n\nVogliamo aprirla tre pomeriggi a settimana. Chi sa aggiustare insegna a chi vuole imparare."
            " Chi ha bisogno di un trapano lo prende in prestito, come un libro.\n\nOgni mese un artigiano del quartiere"
            " tiene due laboratori: legno, cucito, biciclette, piccoli elettrodomestici. I laboratori sono gratuiti.",
            "Duecento attrezzi in prestito, ventiquattro laboratori in un anno, trecento oggetti aggiustati e non"
            " buttati. Contiamo prestiti e partecipanti su un registro esposto in portineria.",
            (
                ("Banchi, attrezzi e scaffali", "4600"),
                ("Lavori elettrici e messa a norma", "2900"),
                ("24 laboratori con artigiani", "3000"),
                ("Assicurazione, 18 mesi", "720"),
                ("Materiali di consumo", "684"),
                ("Commissioni di pagamento", "96"),
            ),
            (("Impianto a norma", 30), ("Apre l’officina", 60), ("Dodici laboratori fatti", 180)),
            (
                (10, "una scatola di viti buone", "a box of good screws"),
                (25, "un’ora di laboratorio", "an hour of workshop"),
                (50, "un attrezzo da prestare", "a tool to lend"),
                (100, "mezza giornata di artigiano", "half a day of a craftsman"),
            ),
            (
                (
                    9,
                    "A Dergano sei artigiani hanno detto sì ai laboratori",
                    "Il primo è Renzo, elettricista in pensione: «Datemi un banco e una lampada, al resto penso io».",
                ),
                (
                    24,
                    "Abbiamo le chiavi per il sopralluogo",
                    "L’umidità c’è, ma solo sul muro a nord. Il preventivo tiene.",
                ),
                (
                    40,
                    "Arrivano i primi trenta attrezzi",
                    "Li ha donati la ferramenta che chiude: morse, trapani e una sega a nastro. Ora serve il posto dove metterli.",
                ),
            ),
        ),
        Story(
            "il-forno-delle-lingue",
            "Il forno delle lingue",
            "Si impasta il pane di dodici paesi e si impara l’italiano parlando.",
            "cibo",
            35,
            "via dei Cinquecento, nel retro del vecchio mercato",
            "Forno delle lingue",
            "Tre mamme della scuola, un fornaio e un’insegnante di italiano.",
            ("Hanan Saidi", "Lucia Moretti", "Bashir Noor", "Elena Colnaghi"),
            "Al Corvetto si parlano più di trenta lingue. Molte donne arrivate da anni non hanno mai avuto un posto dove"
            " parlare italiano senza sentirsi a scuola.",
            "Ogni mercoledì e sabato accendiamo un forno. Una persona insegna il pane di casa sua, le altre impastano e"
            " chiedono: *come si dice lievito? quanto riposa?*\n\nIn due ore si imparano venti parole e si porta a casa"
            " una pagnotta. Un’insegnante segue il gruppo e prepara un quaderno con le ricette nelle due lingue.",
            "Cento partecipanti in dieci mesi, sessanta con un primo livello di italiano parlato. Il quaderno resta alla"
            " biblioteca di quartiere.",
            (
                ("Forno, impastatrice e cappa", "6800"),
                ("Insegnante e fornaio, 80 incontri", "4800"),
                ("Adeguamento igienico dei locali", "1900"),
                ("Farine e ingredienti", "900"),
                ("Stampa del quaderno", "480"),
                ("Commissioni di pagamento", "120"),
            ),
            (("Forno installato", 40), ("Primi venti incontri", 120), ("Quaderno stampato", 270)),
            (
                (10, "la farina per una sera", "flour for one evening"),
                (25, "un posto per un mese", "one place for a month"),
                (50, "un incontro con l’insegnante", "one lesson with the teacher"),
                (100, "una teglia grande e due stampi", "a large tray and two moulds"),
            ),
            (
                (
                    12,
                    "Il forno ha trovato casa in via dei Cinquecento",
                    "Il locale è asciutto e ha già lo scarico fumi.",
                ),
            ),
        ),
        Story(
            "lorto-dei-binari",
            "L’orto dei binari",
            "Quaranta aiuole e una serra lungo la ferrovia, aperte anche alle scuole.",
            "verde",
            13,
            "via Conti, nella striscia lungo la ferrovia",
            "Orto dei binari",
            "Ortisti, due maestre e un ex ferroviere.",
            ("Carla Bosisio", "Nino Sala", "Teresa Vigano", "Marco Ghezzi"),
            "La striscia lungo i binari di Greco è un prato secco chiuso da una rete. Le due scuole vicine non hanno un"
            " metro di terra.",
            "Quaranta aiuole rialzate, una serra fredda e due cisterne per l’acqua piovana. Metà delle aiuole va alle"
            " famiglie, un quarto alle scuole, un quarto si coltiva insieme per la cucina del quartiere.\n\nUn agronomo"
            " viene una volta al mese.",
            "Quaranta aiuole assegnate, sei classi in orto ogni primavera, 800 kg di verdura l’anno.",
            (
                ("Aiuole rialzate e terra", "4200"),
                ("Serra e cisterne", "3100"),
                ("Recinzione e cancello", "1900"),
                ("Agronomo, 12 incontri", "1200"),
                ("Sementi e attrezzi", "512"),
                ("Commissioni di pagamento", "88"),
            ),
            (("Terreno pulito", 20), ("Aiuole pronte", 60), ("Prima serra", 120)),
            (
                (10, "una cassetta di piantine", "a tray of seedlings"),
                (25, "la terra di un’aiuola", "the soil of one bed"),
                (50, "un’ora di agronomo per le scuole", "an hour of agronomist for schools"),
                (110, "un’aiuola intera", "a whole bed"),
            ),
            (
                (
                    51,
                    "La scuola di via Cesalpino adotta sei aiuole",
                    "Una per classe. La preside ha già chiesto chi tiene le chiavi del cancello.",
                ),
            ),
        ),
        Story(
            "cinema-in-cortile",
            "Cinema in cortile",
            "Ventiquattro sere di film sotto le finestre, con le sedie portate da casa.",
            "cultura",
            49,
            "via Giambellino, nei cortili delle case popolari",
            "Cinema in cortile",
            "Inquilini di quattro scale e un proiezionista.",
            ("Ornella Prandi", "Said Benali", "Franca Lotti", "Davide Merlo"),
            "Al Giambellino il cinema più vicino ha chiuso vent’anni fa. D’estate chi non parte resta dietro le persiane.",
            "Uno schermo, un proiettore, quattro cortili. I film li scelgono i condòmini per alzata di mano.\n\nOgni"
            " serata comincia con dieci minuti di storie del cortile, registrate durante l’inverno.",
            "Ventiquattro serate, duemila presenze, quattro cortili che si parlano.",
            (
                ("Proiettore e schermo", "4600"),
                ("Lavori elettrici e messa a norma", "2900"),
                ("24 serate: diritti e ospiti", "3000"),
                ("Assicurazione, 18 mesi", "720"),
                ("Sedie e materiali", "684"),
                ("Commissioni di pagamento", "96"),
            ),
            (("Proiettore comprato", 20), ("Prima serata", 45), ("Ventiquattro serate fatte", 150)),
            (
                (10, "quattro sedie pieghevoli", "four folding chairs"),
                (25, "i diritti di un cortometraggio", "the rights of a short film"),
                (50, "una serata di proiezione", "one evening of projection"),
                (125, "una serata intera, con ospite", "a whole evening with a guest"),
            ),
            (
                (
                    15,
                    "Il primo cortile è quello del 58",
                    "Si comincia con un film muto e la fisarmonica della signora Lotti.",
                ),
            ),
        ),
        Story(
            "ciclofficina-bovisasca",
            "Ciclofficina Bovisasca",
            "Si ripara la bici da soli, con chi sa farlo accanto, e si rimettono in strada quelle abbandonate.",
            "muoversi",
            81,
            "via Bovisasca, in un box comunale",
            "Ciclofficina Bovisasca",
            "Cinque ciclisti urbani e una meccanica di professione.",
            ("Irene Galbiati", "Ludovico Nava", "Samira Haddad", "Pietro Colombo"),
            "Fra la stazione e le case ci sono due chilometri senza autobus la sera. Nelle cantine ci sono centinaia di bici"
            " rotte.",
            "Un box, due cavalletti, gli attrezzi giusti e tre turni a settimana. Chi porta una bici rotta esce con una bici"
            " che va e con le mani nere.\n\nLe bici abbandonate diventano bici da dare a chi lavora di notte.",
            "Centocinquanta bici rimesse in strada in un anno, quaranta date a chi ne ha bisogno.",
            (
                ("Attrezzi e cavalletti", "5200"),
                ("Ricambi", "3200"),
                ("Meccanica, 60 turni", "3600"),
                ("Assicurazione", "900"),
                ("Rastrelliere", "988"),
                ("Commissioni di pagamento", "112"),
            ),
            (("Box attrezzato", 30), ("Cinquanta bici riparate", 120), ("Quaranta bici donate", 300)),
            (
                (10, "due camere d’aria", "two inner tubes"),
                (25, "freni nuovi per una bici", "new brakes for a bicycle"),
                (60, "un turno con la meccanica", "one shift with the mechanic"),
                (100, "una bici rimessa in strada", "one bicycle back on the road"),
            ),
        ),
        Story(
            "sala-prove-comasina",
            "Sala prove Comasina",
            "Una sala insonorizzata per chi suona, a due euro l’ora per chi ha meno di vent’anni.",
            "cultura",
            82,
            "via Litta Modignani, nel seminterrato della cooperativa",
            "Sala prove Comasina",
            "Tre musicisti, una fonica e un educatore.",
            ("Giada Testa", "Omar Fadel", "Renato Bianchini", "Silvia Crespi"),
            "Alla Comasina i ragazzi suonano in cantina e i vicini chiamano i vigili. La sala più vicina costa quindici euro"
            " l’ora.",
            "Insonorizziamo un seminterrato e ci mettiamo batteria, due amplificatori e un mixer. Un educatore apre e"
            " chiude, una fonica insegna a registrare.\n\nOgni tre mesi si suona in piazza.",
            "Sessanta ragazzi iscritti, venti gruppi, quattro concerti in piazza.",
            (
                ("Insonorizzazione", "5400"),
                ("Strumenti e impianto", "3600"),
                ("Educatore e fonica", "2000"),
                ("Assicurazione", "500"),
                ("Piccoli lavori", "404"),
                ("Commissioni di pagamento", "96"),
            ),
            (("Sala insonorizzata", 60), ("Primi dieci gruppi", 120), ("Concerto in piazza", 200)),
            (
                (10, "cinque ore di sala", "five hours in the room"),
                (25, "un pannello che ferma il suono", "one sound panel"),
                (50, "una lezione di registrazione", "a recording lesson"),
                (100, "un microfono", "a microphone"),
            ),
        ),
        Story(
            "semi-di-affori",
            "Semi di Affori",
            "Una biblioteca di semi antichi e dodici balconi che li fanno crescere.",
            "verde",
            80,
            "Villa Litta, sala piccola della biblioteca",
            "Semi di Affori",
            "Quattro coltivatori da balcone e una bibliotecaria.",
            ("Mirella Sironi", "Fabio Rota", "Nadia Osman", "Enrica Pozzi"),
            "Le varietà lombarde si perdono e i balconi di Affori sono vuoti. I semi non si comprano: si scambiano.",
            "Cassetti di legno, buste di carta, un catalogo. Si prende un seme in prestito e se ne riportano dieci.\n\n"
            "Dodici balconi-pilota coltivano e insegnano ai vicini di scala.",
            "Cento varietà catalogate, trecento prestiti, dodici balconi aperti una domenica al mese.",
            (
                ("Cassettiere e catalogo", "2900"),
                ("Vasi, terra e irrigazione", "2600"),
                ("Laboratori", "2200"),
                ("Stampa e buste", "828"),
                ("Assicurazione", "400"),
                ("Commissioni di pagamento", "72"),
            ),
            (("Catalogo pronto", 40), ("Balconi piantati", 80), ("Festa dei semi", 200)),
            (
                (10, "dieci buste di semi", "ten packets of seeds"),
                (25, "un vaso grande con la terra", "a large pot with soil"),
                (50, "un laboratorio sul balcone", "a balcony workshop"),
                (100, "una cassettiera", "a chest of drawers"),
            ),
        ),
        Story(
            "compiti-in-cortile",
            "Compiti in cortile",
            "Doposcuola gratuito con gli studenti dell’università, sotto il portico o in sala condominiale.",
            "sapere",
            83,
            "via Senigallia, sala condominiale",
            "Compiti in cortile",
            "Due maestre in pensione e tre studenti.",
            ("Graziella Motta", "Andrea Fumagalli", "Yasmine Toure", "Pia Besana"),
            "A Bruzzano un ragazzo su cinque lascia la scuola prima dei diciotto anni. Il doposcuola costa più della mensa.",
            "Quattro pomeriggi a settimana, trenta ragazzi, dieci studenti pagati il giusto. Prima la merenda, poi i compiti,"
            " poi il cortile.\n\nUna maestra tiene il filo con la scuola.",
            "Trenta ragazzi seguiti tutto l’anno; contiamo le promozioni e i giorni di assenza.",
            (
                ("Studenti tutor", "5200"),
                ("Merende", "1300"),
                ("Libri e materiali", "1200"),
                ("Tavoli e sedie", "828"),
                ("Assicurazione", "400"),
                ("Commissioni di pagamento", "72"),
            ),
            (("Trenta iscritti", 30), ("Metà anno", 120), ("Festa di fine anno", 240)),
            (
                (10, "la merenda di una settimana", "a week of snacks"),
                (25, "i libri di un ragazzo", "one child’s books"),
                (50, "due pomeriggi di tutor", "two afternoons of a tutor"),
                (100, "un mese per un ragazzo", "one month for one child"),
            ),
        ),
        Story(
            "tavolo-lungo",
            "Tavolo lungo",
            "Una domenica al mese si mangia in strada, a un tavolo che attraversa l’isolato.",
            "cibo",
            11,
            "via Pastrengo",
            "Tavolo lungo",
            "Un cuoco, due vicine e il barista all’angolo.",
            ("Bruno Cattaneo", "Olga Petrova", "Marta Invernizzi", "Jamal Khan"),
            "All’Isola gli affitti cambiano i vicini ogni due anni. Ci si saluta appena.",
            "Sessanta metri di tavolo smontabile, panche, tovaglie. Ogni scala porta un piatto, il comune chiude la strada, il"
            " cuoco coordina.\n\nDopo mangiato si discute di una cosa sola, e si decide.",
            "Dieci pranzi, millecinquecento coperti, dieci decisioni scritte e appese.",
            (
                ("Tavoli e panche", "3900"),
                ("Cucina da campo", "2100"),
                ("Permessi e assicurazione", "900"),
                ("Stoviglie", "636"),
                ("Trasporto", "400"),
                ("Commissioni di pagamento", "64"),
            ),
            (("Tavolo costruito", 45), ("Terzo pranzo", 120), ("Decimo pranzo", 330)),
            (
                (10, "due metri di tovaglia", "two metres of tablecloth"),
                (20, "un posto apparecchiato per un anno", "one place set for a year"),
                (50, "una panca", "a bench"),
                (100, "un metro e mezzo di tavolo", "a metre and a half of table"),
            ),
        ),
        Story(
            "la-pista-di-bocce",
            "La pista di bocce",
            "Si rifà la pista dei nonni, con una corsia per chi usa la carrozzina.",
            "gioco",
            84,
            "via Aldo Moro, ai margini del parco",
            "Amici della pista",
            "Giocatori dai dodici agli ottantasei anni.",
            ("Ermanno Riva", "Giusy Calabro", "Walter Zanetti", "Lia Mauri"),
            "La pista è chiusa dal 2019: fondo rotto, luci spente. Era l’unico posto dove giovani e vecchi giocavano insieme.",
            "Fondo nuovo, sponde basse, una corsia accessibile, luci a basso consumo. Il torneo di quartiere torna a"
            " settembre.",
            "Tre sere a settimana di gioco libero, un torneo l’anno, venti tesserati in carrozzina in tutta la città.",
            (
                ("Fondo e sponde", "5600"),
                ("Luci", "2300"),
                ("Corsia accessibile", "1400"),
                ("Assicurazione", "620"),
                ("Commissioni di pagamento", "80"),
            ),
            (("Fondo rifatto", 60), ("Luci accese", 80), ("Torneo", 150)),
            (
                (10, "un pallino nuovo e due bocce", "a new jack and two bowls"),
                (25, "un metro di sponda", "a metre of edge"),
                (50, "una lampada", "a lamp"),
                (100, "un metro di corsia accessibile", "a metre of accessible lane"),
            ),
        ),
        Story(
            "la-portineria-gentile",
            "La portineria gentile",
            "Una portineria che ritira i pacchi, misura la pressione e compila i moduli con chi non ci riesce.",
            "cura",
            28,
            "viale Umbria, nella vecchia guardiola",
            "Portineria gentile",
            "Un’infermiera, un ex impiegato delle poste e due inquiline.",
            ("Rosanna Villa", "Ettore Sangalli", "Fatou Diop", "Bianca Arrigoni"),
            "Nel caseggiato vivono novanta persone sopra i settantacinque anni, metà da sole.",
            "La guardiola riapre dalle nove alle dodici e dalle sedici alle diciannove. Pacchi, moduli, una telefonata al"
            " giorno a chi la vuole.\n\nUn’infermiera viene due mattine.",
            "Novanta famiglie servite, quattromila chiamate, due infermieri tirocinanti.",
            (
                ("Portieri di quartiere, 10 mesi", "8400"),
                ("Infermiera, 80 mattine", "4000"),
                ("Guardiola: arredo e impianti", "2300"),
                ("Computer e telefono", "772"),
                ("Assicurazione", "400"),
                ("Commissioni di pagamento", "128"),
            ),
            (("Guardiola aperta", 30), ("Mille chiamate", 120), ("Bilancio col caseggiato", 300)),
            (
                (10, "una settimana di telefonate", "a week of phone calls"),
                (25, "una mattina di modulistica", "a morning of form-filling"),
                (50, "una mattina di infermiera", "a nurse’s morning"),
                (100, "una settimana di portineria", "a week of the lodge"),
            ),
        ),
        Story(
            "il-gioco-del-cortile",
            "Il gioco del cortile",
            "Un grande gioco dell’oca dipinto a terra, disegnato dai bambini di sei scale.",
            "gioco",
            53,
            "via Odazio, cortile centrale",
            "Gioco del cortile",
            "Genitori, una illustratrice e il custode.",
            ("Debora Ferri", "Luan Hoxha", "Cinzia Maggi", "Rachid Amrani"),
            "Il cortile è asfalto e divieti. I bambini giocano nell’androne.",
            "Sei scale, sei pezzi di percorso. Una illustratrice raccoglie i disegni, i genitori dipingono, il custode tiene le"
            " chiavi dei dadi giganti.",
            "Un cortile da giocare ogni giorno, e un regolamento scritto dai bambini.",
            (
                ("Fondo e vernici", "5100"),
                ("Illustratrice e laboratori", "3600"),
                ("Dadi, panche, ombra", "2300"),
                ("Assicurazione", "904"),
                ("Commissioni di pagamento", "96"),
            ),
            (("Disegni raccolti", 30), ("Cortile dipinto", 75), ("Festa del gioco", 90)),
            (
                (10, "un barattolo di colore", "a tin of paint"),
                (25, "una casella", "one square"),
                (50, "un laboratorio di disegno", "a drawing workshop"),
                (100, "un dado gigante", "a giant die"),
            ),
        ),
        Story(
            "doposcuola-di-via-padova",
            "La scuola di sera",
            "Licenza media e computer per chi lavora di giorno, in una sala di via Padova.",
            "sapere",
            19,
            "via Padova, sala della parrocchia",
            "Scuola di sera",
            "Sei insegnanti volontari e un informatico.",
            ("Alberto Quaglia", "Mei Lin Zhou", "Rosario Greco", "Daniela Sordi"),
            "In via Padova molti adulti hanno lasciato la scuola a dodici anni. Le serali sono a quattro fermate e cominciano"
            " alle sei, quando si lavora.",
            "Tre sere a settimana dalle otto alle dieci. Italiano, matematica, computer.\n\nChi arriva in fondo dà l’esame da"
            " esterno; chi vuole solo scrivere una mail impara quello.",
            "Sessanta iscritti, venti licenze medie, cento persone che sanno usare i servizi in rete.",
            (
                ("Computer ricondizionati", "4300"),
                ("Insegnanti di sostegno", "5200"),
                ("Sala e riscaldamento", "2100"),
                ("Libri e tasse d’esame", "896"),
                ("Assicurazione", "400"),
                ("Commissioni di pagamento", "104"),
            ),
            (("Aula pronta", 20), ("Esami di gennaio", 120), ("Esami di giugno", 270)),
            (
                (10, "un quaderno e un libro", "a notebook and a book"),
                (25, "una sera di riscaldamento", "an evening of heating"),
                (50, "una tassa d’esame", "an exam fee"),
                (150, "un computer", "a computer"),
            ),
            (
                (
                    36,
                    "Soglia superata: quaranta persone in lista",
                    "Le iscrizioni restano aperte. Chi vuole insegnare una sera al mese può scriverci qui sotto.",
                ),
            ),
        ),
        Story(
            "passi-sicuri",
            "Passi sicuri",
            "Tre linee di pedibus con fermate dipinte, per andare a scuola a piedi.",
            "muoversi",
            57,
            "da piazzale Selinunte alle scuole di via Paravia",
            "Passi sicuri",
            "Genitori e una vigile in pensione.",
            ("Monica Ratti", "Hassan El Amin", "Luigi Tresoldi", "Sonia Perego"),
            "Davanti alle scuole di San Siro ci sono trecento auto in venti minuti.",
            "Tre linee, dodici fermate, pettorine, accompagnatori formati. Si parte con qualunque tempo.",
            "Centoventi bambini a piedi, duecento auto in meno ogni mattina.",
            (
                ("Fermate e segnaletica", "3200"),
                ("Formazione e rimborsi", "2400"),
                ("Pettorine e mantelle", "1200"),
                ("Assicurazione", "1144"),
                ("Commissioni di pagamento", "56"),
            ),
            (("Linee disegnate", 20), ("Prima linea parte", 45), ("Tre linee", 90)),
            (
                (10, "una mantella", "a rain cape"),
                (25, "le pettorine di una linea", "the vests of one line"),
                (50, "mezza fermata dipinta", "half a painted stop"),
                (100, "una fermata dipinta", "a painted stop"),
            ),
        ),
        Story(
            "le-ore-scambiate",
            "Le ore scambiate",
            "Una banca del tempo con un banco vero, dentro il mercato.",
            "cura",
            46,
            "mercato comunale di viale Faenza",
            "Ore scambiate",
            "Una sarta, un idraulico, due studentesse.",
            ("Loredana Pirola", "Amadou Sow", "Chiara Villani", "Rita Brambilla"),
            "Alla Barona si conoscono tutti, ma chi ha bisogno non chiede.",
            "Un banco al mercato tre mattine: si lascia un’ora, se ne prende una. Il registro è di carta e sta sul banco.",
            "Duecento iscritti, duemila ore scambiate in un anno.",
            (
                ("Banco e insegna", "2600"),
                ("Segreteria, 10 mesi", "4200"),
                ("Programma e registro", "1300"),
                ("Assicurazione", "820"),
                ("Commissioni di pagamento", "80"),
            ),
            (("Banco aperto", 30), ("Cento iscritti", 90), ("Mille ore", 200)),
            (
                (10, "il registro di un mese", "one month’s register"),
                (25, "una mattina di banco", "a morning at the stall"),
                (50, "una settimana di segreteria", "a week of the office"),
                (100, "l’insegna", "the sign"),
            ),
        ),
        Story(
            "radio-ballatoio",
            "Radio ballatoio",
            "Una radio di quartiere che trasmette dal ballatoio, con chi passa.",
            "cultura",
            20,
            "via Termopili, quarto piano",
            "Radio ballatoio",
            "Due speaker, una tecnica e la signora del quarto piano.",
            ("Nives Corti", "Kevin Adeyemi", "Laura Scotti", "Piero Gandolfi"),
            "A NoLo si parla molto del quartiere e poco col quartiere.",
            "Due microfoni, una consolle, un archivio. Tre ore al giorno, notizie delle scale, musica di chi abita qui.",
            "Trecento puntate, cinquanta voci nuove, un archivio pubblico.",
            (
                ("Impianto e computer", "4100"),
                ("Redazione, 10 mesi", "3600"),
                ("Diritti musicali", "1200"),
                ("Assicurazione", "420"),
                ("Commissioni di pagamento", "80"),
            ),
            (("Prima puntata", 30), ("Cento puntate", 150), ("Festa in strada", 240)),
            (
                (10, "una puntata", "one episode"),
                (25, "una settimana di diritti", "a week of music rights"),
                (50, "una giornata di redazione", "a day of the newsroom"),
                (100, "un microfono", "a microphone"),
            ),
        ),
        Story(
            "il-frutteto-di-chiaravalle",
            "Il frutteto di Chiaravalle",
            "Sessanta alberi di varietà lombarde ai bordi del borgo, adottati uno per uno.",
            "verde",
            34,
            "via San Bernardo, dietro l’abbazia",
            "Frutteto di Chiaravalle",
            "Contadini, una botanica e la scuola del borgo.",
            ("Angela Rossetti", "Vito Manfredi", "Zita Lombardi", "Ousmane Ba"),
            "Il terreno dietro l’abbazia è incolto. I bambini del borgo credono che le mele nascano al banco.",
            "Sessanta peri, meli e susini, piantati in inverno. Ogni albero ha una famiglia, ogni famiglia impara a potare.",
            "Sessanta alberi, sessanta famiglie, una raccolta aperta a settembre.",
            (
                ("Alberi e tutori", "3900"),
                ("Scavo e irrigazione", "4400"),
                ("Botanica e corsi", "2500"),
                ("Attrezzi", "1104"),
                ("Commissioni di pagamento", "96"),
            ),
            (("Terreno pronto", 30), ("Alberi piantati", 90), ("Prima potatura", 300)),
            (
                (10, "un tutore e la pacciamatura", "a stake and mulch"),
                (25, "mezzo albero", "half a tree"),
                (50, "un albero", "a tree"),
                (100, "un corso di potatura", "a pruning course"),
            ),
        ),
        Story(
            "coro-di-niguarda",
            "Coro di Niguarda",
            "Un coro senza provini: si canta quello che cantavano le nonne di ognuno.",
            "cultura",
            14,
            "teatro della cooperativa, via Ornato",
            "Coro di Niguarda",
            "Una direttrice di coro e tre vicine intonate quanto basta.",
            ("Adele Tagliabue", "Ming Wu", "Stefania Caldara", "Ivan Petrov"),
            "Niguarda ha l’ospedale, la cooperativa e poche occasioni per chi ha meno di trenta e più di sessanta anni"
            " insieme.",
            "Prove il giovedì, tre concerti all’anno, un archivio delle canzoni raccolte porta a porta.",
            "Ottanta coristi, cento canzoni, tre concerti in ospedale.",
            (
                ("Direttrice e pianista", "4200"),
                ("Sala prove", "1400"),
                ("Archivio sonoro", "900"),
                ("Assicurazione", "444"),
                ("Commissioni di pagamento", "56"),
            ),
            (("Prime prove", 15), ("Primo concerto", 120), ("Archivio aperto", 240)),
            (
                (10, "gli spartiti di un corista", "one singer’s scores"),
                (25, "una sera di sala", "an evening in the hall"),
                (50, "una prova con la pianista", "a rehearsal with the pianist"),
                (100, "una giornata di registrazione", "a day of recording"),
            ),
        ),
        Story(
            "mani-in-pasta",
            "Mani in pasta",
            "Un laboratorio di pasta fresca che assume tre persone del quartiere.",
            "cibo",
            76,
            "via Pascarella",
            "Mani in pasta",
            "Quattro cuoche di casa.",
            ("Concetta Amato", "Svetlana Iliescu", "Ines Duarte", "Maria Galli"),
            "A Quarto Oggiaro molte donne cucinano per venti e non trovano lavoro per una.",
            "Un laboratorio a norma, tre contratti part time, un negozio al pian terreno e corsi il sabato.",
            "Tre posti di lavoro, cinquanta allieve, un bilancio in pari dopo diciotto mesi.",
            (
                ("Laboratorio a norma", "52000"),
                ("Contratti, primi mesi", "33000"),
                ("Macchine", "13400"),
                ("Assicurazione", "800"),
                ("Commissioni di pagamento", "800"),
            ),
            (("Laboratorio a norma", 90), ("Tre contratti", 150), ("Corso concluso", 330)),
            (
                (10, "due chili di pasta ai vicini", "two kilos of pasta for neighbours"),
                (25, "un posto al corso del sabato", "a place on the Saturday course"),
                (50, "un’ora di contratto, con i contributi", "some hours of a contract"),
                (100, "una trafila", "a die"),
            ),
        ),
        Story(
            "lettere-dinchiostro",
            "Lettere d’inchiostro",
            "Scrivere a mano le lettere di chi non sa più scriverle.",
            "sapere",
            56,
            "via Forze Armate",
            "Lettere d’inchiostro",
            "Due calligrafi e due volontarie.",
            ("Gemma Tosi", "Luca Ronchi", "Elda Marini", "Paolo Viganò"),
            "Ci sono lettere che nessuno scrive perché la mano trema. In via Forze Armate lo raccontano in molti, soprattutto"
            " chi ha i nipoti lontani.",
            "Un tavolo, dell’inchiostro, un’ora a testa. Chi ha bella scrittura presta la mano, chi ha qualcosa da dire"
            " detta. Ogni lettera si rilegge ad alta voce, si chiude e si spedisce lo stesso giorno.\n\nIl venerdì si aprono"
            " insieme le risposte.",
            "Duecento lettere spedite in un anno, e dieci volontari che imparano a scrivere bene a mano. Le risposte si"
            " leggono insieme, il venerdì.",
            (
                ("Materiali e francobolli", "1800"),
                ("Calligrafi", "2400"),
                ("Sala", "760"),
                ("Commissioni di pagamento", "40"),
            ),
            (("Tavolo aperto", 20), ("Cento lettere", 120), ("Mostra", 240)),
            (
                (10, "dieci francobolli", "ten stamps"),
                (25, "una boccetta e due pennini", "a bottle of ink and two nibs"),
                (50, "un pomeriggio di scrittura", "an afternoon of writing"),
                (100, "una settimana di sala", "a week of the room"),
            ),
        ),
        Story(
            "cortile-aperto",
            "Cortile aperto",
            "Tre cortili di Niguarda senza cancelli la domenica, con un calendario comune.",
            "cura",
            14,
            "via Hermada",
            "Cortile aperto",
            "Quattro vicini di tre cortili diversi.",
            ("Amina Keita", "Giorgio Bassi", "Paola Zucchi", "Tommaso Riva"),
            "I cortili ci sono, i cancelli anche. La domenica tre cortili vicini restano vuoti mentre i bambini stanno in"
            " casa.",
            "La domenica i cancelli restano aperti: letture ad alta voce, giochi, un tavolo lungo quanto il muro. Ogni cortile"
            " ha il suo turno e un vicino che apre e chiude.\n\nUn calendario comune sta appeso in ogni androne.",
            "Quaranta domeniche, tre cortili, un regolamento condiviso.",
            (
                ("Arredi leggeri", "4300"),
                ("Animazione, 40 domeniche", "4800"),
                ("Permessi e assicurazione", "1400"),
                ("Stampa", "624"),
                ("Commissioni di pagamento", "96"),
            ),
            (("Regolamento firmato", 30), ("Prima domenica", 60), ("Ventesima domenica", 200)),
            (
                (10, "una lettura ad alta voce", "a reading aloud"),
                (25, "una panca leggera, un quarto", "a quarter of a light bench"),
                (50, "una domenica in un cortile", "a Sunday in one courtyard"),
                (100, "una domenica nei tre cortili", "a Sunday in three courtyards"),
            ),
        ),
        Story(
            "panchine-parlanti",
            "Panchine parlanti",
            "Dodici panchine rimesse a nuovo, ciascuna con una storia del quartiere da ascoltare.",
            "fare",
            17,
            "parco Adriano, lungo il viale centrale",
            "Panchine parlanti",
            "Un fabbro, una bibliotecaria e due studenti di musica.",
            ("Ilaria Vismara", "Dritan Leka", "Noemi Casati", "Pietro Sala"),
            "Al quartiere Adriano le panchine del viale sono rotte da tre inverni. Chi ha le gambe stanche non esce, e chi"
            " arriva da fuori non sa dove si trova.",
            "Dodici panchine smontate, riparate e rimontate da chi le usa. Su ognuna una targhetta di ottone e un codice da"
            " inquadrare: parte la voce di un abitante che racconta quel punto del quartiere.\n\nLe voci si raccolgono in"
            " biblioteca, il sabato mattina.",
            "Dodici panchine per chiunque, dodici storie registrate, trenta persone che imparano a lavorare il legno e il"
            " ferro.",
            (
                ("Legno, ferro e vernici", "4100"),
                ("Fabbro, 30 giornate", "3000"),
                ("Registrazioni e targhette", "1700"),
                ("Assicurazione", "530"),
                ("Commissioni di pagamento", "70"),
            ),
            (("Prime tre panchine", 45), ("Tutte rimontate", 120), ("Festa del viale", 150)),
            (
                (10, "una targhetta", "a brass plate"),
                (25, "il legno di una seduta", "the wood of one seat"),
                (50, "una storia registrata", "one recorded story"),
                (100, "una giornata del fabbro", "a day of the smith"),
            ),
        ),
    )
}

DONORS = (
    "Lucia e Piero", "La III B della scuola media", "Il bar all’angolo", "Una vicina del secondo piano", "Coro di scala",
    "Famiglia Rota", "L’edicola della piazza", "Gino", "Mamma di Sara", "Condominio di via Guerzoni", "Ufficio al terzo",
    "Nonna Piera", "I ragazzi del calcetto", "Farmacia del ponte", "Teo", "Chi passa ogni mattina", "La sarta",
    "Ferramenta Brivio", "Una ex inquilina", "Giulia", "Samuele", "Bottega del pane", "Professor Landi", "Zia Ines",
    "Marta e i gemelli", "Il terzo piano, scala B", "Chiara del sabato", "Nonno Aldo", "Bar Sport", "La squadra di pallavolo",
    "Rosa", "Circolo della bocciofila", "Un tassista", "Ahmed e Sofia", "La maestra Carla", "Cartoleria Penna", "Davide",
    "Comitato di via", "Chi abita di fronte", "Fatou", "Libreria del corso", "Irene",
)  # fmt: skip
