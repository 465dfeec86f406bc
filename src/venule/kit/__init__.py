"""What every room stands on: money, time, calendars, ids, errors, storage. No business words here.

Import from the modules, e.g. `from venule.kit.money import Money`: a re-export here would make
every room load all of the kit.
"""
