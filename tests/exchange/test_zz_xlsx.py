from tests.exchange.test_spreadsheets_volume import *
from tests.exchange.test_spreadsheets_volume import work, months
import xlsxwriter, time
from datetime import datetime

@pytest.mark.parametrize("bad", [False, True])
def test_xlsx(tmp_path, bad):
    plan = PlanFactory.create()
    measure = MeasureFactory.create(plan=plan)
    indicators = [IndicatorFactory.create(plan=plan, measure=measure, frequency=Frequency.MONTH) for _ in range(500)]
    source = SourceFactory.create(plan=plan)
    user = member(plan, Role.REVIEWER)
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path, {"constant_memory": True}) as book:
        sheet = book.add_worksheet("Valeurs")
        day = book.add_format({"num_format": "dd/mm/yyyy"})
        sheet.write_row(0, 0, ["Indicateur", "Début de période", "Fin de période", "Valeur", "Source"])
        n = 0
        for i in indicators:
            for k, (s, e) in enumerate(months()):
                n += 1
                sheet.write(n, 0, i.code); sheet.write_datetime(n, 1, s, day); sheet.write_datetime(n, 2, e, day)
                sheet.write(n, 3, "douze" if bad else k + .5); sheet.write(n, 4, source.code)
    print("size", path.stat().st_size)
    job = received(plan, user, path, "a.xlsx")
    t = time.monotonic(); g = work(job)
    print(bad, "xlsx check MB", g, "s", time.monotonic() - t, job.state, job.counts, job.annotated.size if job.annotated else None, flush=True)
    if not bad:
        from exchange.spreadsheets.selection import Selection
        from exchange.spreadsheets.writing_workbooks import write_workbook
        t = time.monotonic()
        write_workbook(tmp_path / "b.xlsx", Selection(plan=plan, start=date(2010,1,1), end=date(2026,8,31)), at=NOON)
        print("export 100k s", time.monotonic() - t)
