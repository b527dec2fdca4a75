# SPDX-License-Identifier: MIT
"""The sizes that README promises."""
import answer_sizes as sizes
import harness as h


class AnswerSizes(h.Case):
    def test_answers_stay_within_their_tokens(self):
        measured = sizes.measure(("compact", "full"))
        self.assertEqual(len(measured), 6)
        for tape, answers in measured.items():
            self.assertLessEqual(answers["compact"][1], 450, tape)
            self.assertLessEqual(answers["full"][1], 1200, tape)
        busy = measured["noise, mean size 6000"]
        peer = [v for k, v in busy.items() if k.startswith("Python")][0]
        self.assertGreaterEqual(peer[1], 5 * busy["compact"][1])
        self.assertGreaterEqual(peer[0], 5 * busy["compact"][0])
        self.assertGreater(peer[1], 1189)  # more than the 6 rows of the recorded one

    def test_scan_rows_stay_within_their_tokens(self):
        rows = sizes.scan_rows()
        self.assertEqual(len(rows), 3)
        for row, tokens in rows:
            self.assertLessEqual(tokens, 40, row)


if __name__ == "__main__":
    h.main()
