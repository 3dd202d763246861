package dev.resilience.page;

import static java.util.Objects.requireNonNull;

import dev.resilience.text.DurationText;
import dev.resilience.text.SafeText;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** What a {@link Panel} shows at one moment: figures, and perhaps a table. Immutable. */
public final class PanelSnapshot {

  /** Rows beyond this are left out, and counted. */
  static final int MOST_ROWS = 100;

  /** A number or a few words under a name. */
  record Figure(String name, String value) {}

  /** A line of the table. */
  record Row(Status status, List<String> cells) {}

  private final String kind;
  private final String name;
  private final Status status;
  private final String remark;
  private final List<Figure> figures;
  private final List<String> columns;
  private final List<Row> rows;
  private final int rowsLeftOut;

  private PanelSnapshot(Builder builder) {
    this.kind = builder.kind;
    this.name = builder.name;
    this.status = builder.status;
    this.remark = builder.remark;
    this.figures = List.copyOf(builder.figures);
    this.columns = List.copyOf(builder.columns);
    this.rows = List.copyOf(builder.rows);
    this.rowsLeftOut = builder.rowsLeftOut;
  }

  /**
   * Returns an empty snapshot to be filled.
   *
   * @param kind what it is, in one word and in lower case: panels of a kind stand together. Those
   *     of this library are {@code cache}, {@code service}, {@code pool}, {@code resource pool},
   *     {@code limit} and {@code faults}
   * @param name of this one
   */
  public static Builder builder(String kind, String name) {
    return new Builder(requireNonNull(kind, "kind"), requireNonNull(name, "name"));
  }

  /** What it is. */
  public String kind() {
    return kind;
  }

  /** The name. */
  public String name() {
    return name;
  }

  /** Whether it needs attention. */
  public Status status() {
    return status;
  }

  /** Why, in a few words; empty if there is nothing to say. */
  public String remark() {
    return remark;
  }

  List<Figure> figures() {
    return figures;
  }

  List<String> columns() {
    return columns;
  }

  List<Row> rows() {
    return rows;
  }

  int rowsLeftOut() {
    return rowsLeftOut;
  }

  @Override
  public String toString() {
    return kind + " " + name + ": " + status + " " + remark + " " + figures + " " + rows;
  }

  /** Builds a {@link PanelSnapshot}. Not thread-safe. */
  public static final class Builder {

    private final String kind;
    private final String name;
    private Status status = Status.OK;
    private String remark = "";
    private final List<Figure> figures = new ArrayList<>();
    private List<String> columns = List.of();
    private final List<Row> rows = new ArrayList<>();
    private int rowsLeftOut;

    private Builder(String kind, String name) {
      this.kind = SafeText.of(kind);
      this.name = SafeText.of(name);
    }

    /**
     * Whether it needs attention. Default: {@link Status#OK}.
     *
     * @param newRemark why, in a few words
     */
    public Builder status(Status newStatus, String newRemark) {
      status = requireNonNull(newStatus, "status");
      remark = SafeText.of(requireNonNull(newRemark, "remark"));
      return this;
    }

    /** Adds a few words under a name. */
    public Builder figure(String figure, String value) {
      figures.add(
          new Figure(
              SafeText.of(requireNonNull(figure, "figure")),
              SafeText.of(requireNonNull(value, "value"))));
      return this;
    }

    /** Adds a number under a name. */
    public Builder figure(String figure, long value) {
      return figure(figure, Long.toString(value));
    }

    /** Adds a duration under a name. */
    public Builder figure(String figure, Duration value) {
      return figure(figure, DurationText.of(value));
    }

    /** The heads of the table. Default: there is no table. */
    public Builder columns(String... heads) {
      columns = Stream.of(heads).map(SafeText::of).toList();
      return this;
    }

    /**
     * Adds a line to the table; the first hundred are shown.
     *
     * @param rowStatus whether what it is about needs attention
     * @param cells as many as there are columns
     */
    public Builder row(Status rowStatus, String... cells) {
      if (cells.length != columns.size()) {
        throw new IllegalArgumentException(
            "cells: " + cells.length + " (expected: " + columns.size() + ", as many as columns)");
      }
      if (rows.size() < MOST_ROWS) {
        rows.add(
            new Row(
                requireNonNull(rowStatus, "rowStatus"),
                Stream.of(cells).map(cell -> SafeText.of(requireNonNull(cell, "cell"))).toList()));
      } else {
        rowsLeftOut++;
      }
      return this;
    }

    /** The snapshot. */
    public PanelSnapshot build() {
      return new PanelSnapshot(this);
    }
  }
}
