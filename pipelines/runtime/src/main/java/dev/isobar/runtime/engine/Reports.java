package dev.isobar.runtime.engine;

import dev.isobar.event.RowText;
import dev.isobar.runtime.report.ReportInput;
import dev.isobar.runtime.result.RunResult;
import dev.isobar.runtime.step.MonitorStep;
import dev.isobar.spec.TrainingSpec;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** Puts a run's result into the words of its report. Stateless. */
final class Reports {
  private Reports() {}

  static ReportInput input(RunResult r, MonitorStep.Watched watched, TrainingSpec training, double seconds) {
    RunResult.TrainingSet set = r.trainingSet();
    RunResult.Model model = r.model();
    RunResult.EndpointInfo endpoint = r.endpoint();
    RunResult.Consistency c = r.consistency();
    return new ReportInput(
        r.pipeline(),
        r.runId(),
        r.target(),
        r.specVersion(),
        "SUCCEEDED",
        r.resumed(),
        RowText.micros(Instant.parse(r.started())),
        seconds,
        r.steps().stream()
            .map(s -> s.name().equals(MonitorStep.NAME)
                ? new ReportInput.Step(s.name(), "SUCCEEDED", Math.max(0, seconds - before(r)), "")
                : new ReportInput.Step(s.name(), s.status(), s.seconds(), s.note() == null ? "" : s.note()))
            .toList(),
        r.streams().stream()
            .map(s -> new ReportInput.StreamAccount(
                s.name(), s.in(), s.out(), s.late(), s.deadLetter(), s.duplicates(), s.reasons()))
            .toList(),
        set == null ? null : new ReportInput.TrainingSet(set.rows(), set.leftOut(), set.digest()),
        model == null
            ? null
            : new ReportInput.Model(
                Integer.toString(model.version()),
                model.digest(),
                model.metrics().auc(),
                model.metrics().logLoss(),
                model.metrics().rows(),
                requiredAuc(training),
                model.gate(),
                String.join("; ", model.gateReasons())),
        endpoint == null ? null : new ReportInput.Endpoint(endpoint.name(), endpoint.url(), endpoint.modelDigest()),
        c == null ? null : new ReportInput.Consistency(c.compared(), c.mismatch(), c.missing(), c.extra()),
        watched.result(),
        watched.drift(),
        r.peakHeapBytes());
  }

  private static double before(RunResult r) {
    return r.steps().stream()
        .filter(s -> !s.name().equals(MonitorStep.NAME))
        .mapToDouble(RunResult.Step::seconds)
        .sum();
  }

  private static @Nullable Double requiredAuc(TrainingSpec training) {
    return training.gates().stream()
        .filter(g -> g.metric() == TrainingSpec.Metric.AUC && g.rule() == TrainingSpec.Rule.AT_LEAST)
        .map(TrainingSpec.GateSpec::value)
        .findFirst()
        .orElse(null);
  }
}
