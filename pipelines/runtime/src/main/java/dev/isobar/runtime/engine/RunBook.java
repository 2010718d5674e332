package dev.isobar.runtime.engine;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.isobar.config.Names;
import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.port.ObjectStore;
import dev.isobar.port.ObjectStore.ObjectInfo;
import dev.isobar.port.Precondition;
import dev.isobar.runtime.journal.Journal;
import dev.isobar.runtime.result.RunResult;
import dev.isobar.runtime.result.RunSummary;
import dev.isobar.runtime.step.RunContext;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Runs as the lake tells of them: one document a run, replaced whole whenever a step ends, so that any process may look. Thread safe. */
final class RunBook {
  private static final String DOCUMENT = "run.json";
  private static final int PAGE = 1_000;
  private static final ObjectMapper MAPPER = JsonMapper.builder()
      .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
      .build();

  private final ObjectStore lake;
  private final Path journals;

  RunBook(ObjectStore lake, Path journals) {
    this.lake = lake;
    this.journals = journals;
  }

  void write(RunResult result) {
    try {
      lake.put(RunContext.object(result.runId(), DOCUMENT), MAPPER.writeValueAsBytes(result), Precondition.none());
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("results are records", e);
    }
  }

  /** All runs, newest first. */
  List<RunResult> all() {
    List<RunResult> runs = new ArrayList<>();
    String after = null;
    while (true) {
      List<ObjectInfo> page = lake.list("runs/", after, PAGE);
      for (ObjectInfo o : page) {
        if (o.key().endsWith("/" + DOCUMENT)) {
          lake.get(o.key()).ifPresent(d -> runs.add(read(o.key(), d.content())));
        }
      }
      if (page.size() < PAGE) {
        runs.sort(Comparator.comparing(RunResult::started).reversed());
        return runs;
      }
      after = page.get(page.size() - 1).key();
    }
  }

  /** The newest run of a pipeline, or the run of an id. */
  RunResult find(String pipelineOrRun) {
    List<RunResult> runs = all();
    for (RunResult r : runs) {
      if (r.runId().equals(pipelineOrRun) || r.pipeline().equals(pipelineOrRun)) {
        return r;
      }
    }
    TreeSet<String> names = new TreeSet<>();
    runs.forEach(r -> {
      names.add(r.pipeline());
      names.add(r.runId());
    });
    throw IsobarException.of(
            ErrorCode.INVALID_ARGUMENT,
            "There is no run of '" + pipelineOrRun + "'"
                + Names.nearest(pipelineOrRun, names).map(n -> "; did you mean '" + n + "'?").orElse(""))
        .resource(pipelineOrRun)
        .hint(runs.isEmpty() ? "Nothing has run yet: isobar run NAME." : "`isobar runs` lists them.")
        .build();
  }

  static RunSummary summary(RunResult r) {
    String step = "";
    for (RunResult.Step s : r.steps()) {
      if (!s.status().equals("PENDING")) {
        step = s.name();
      }
    }
    Double auc = r.monitor() == null ? null : number(r.monitor().path("performance").path("auc"));
    return new RunSummary(
        r.runId(), r.pipeline(), r.target(), r.specVersion(), r.status(), step, r.started(), r.finished(), auc);
  }

  private static @Nullable Double number(com.fasterxml.jackson.databind.JsonNode n) {
    return n.isNumber() ? n.asDouble() : null;
  }

  /** A run that says RUNNING and whose journal nobody holds was interrupted; the same command takes it up. */
  private RunResult read(String key, byte[] json) {
    try {
      RunResult r = MAPPER.readValue(new String(json, StandardCharsets.UTF_8), RunResult.class);
      boolean interrupted =
          r.status().equals("RUNNING") && !Journal.isHeld(journals, IsobarRuntime.journalName(r.pipeline(), r.target()));
      return interrupted ? withStatus(r, "INTERRUPTED") : r;
    } catch (JsonProcessingException e) {
      throw IsobarException.of(ErrorCode.CORRUPT, "The record of a run cannot be read: " + key).resource(key).cause(e).build();
    }
  }

  private static RunResult withStatus(RunResult r, String status) {
    return new RunResult(
        status,
        r.runId(),
        r.resumed(),
        r.pipeline(),
        r.target(),
        r.specVersion(),
        r.input(),
        r.started(),
        r.finished(),
        r.steps(),
        r.streams(),
        r.trainingSet(),
        r.features(),
        r.model(),
        r.endpoint(),
        r.consistency(),
        r.monitor(),
        r.peakHeapBytes(),
        r.peakHeapByProcess(),
        r.failure());
  }
}
