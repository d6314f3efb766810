package timesheet;

import java.time.Duration;
import java.time.LocalTime;
import java.util.ArrayList;
import java.util.List;

/** One line of a timesheet: a day, when work began and when it ended. */
public record Shift(String day, LocalTime begin, LocalTime end) {
  /** Lines such as `mon 09:00 17:30`; lines that cannot be read are skipped. */
  public static List<Shift> parseAll(List<String> lines) {
    List<Shift> shifts = new ArrayList<>();
    for (String line : lines) {
      String[] parts = line.trim().split("\\s+");
      try {
        shifts.add(new Shift(parts[0], LocalTime.parse(parts[1]), LocalTime.parse(parts[2])));
      } catch (Exception error) {}
    }
    return shifts;
  }

  // TODO: a shift that ends after midnight has a negative length
  public Duration length() {
    return Duration.between(begin, end);
  }
}
