namespace OrthancCloudFs.Benchmarks.Bench;

/// <summary>A table on standard output, in Markdown with aligned columns.</summary>
internal sealed class Table(string title, params string[] head)
{
    private readonly List<string[]> _rows = [head];

    public void Add(params string[] cells) => _rows.Add(cells);

    public void Print()
    {
        int[] widths = [.. Enumerable.Range(0, head.Length).Select(column => _rows.Max(row => row[column].Length))];
        Console.WriteLine();
        Console.WriteLine(title);
        Console.WriteLine();
        PrintRow(_rows[0], widths);
        Console.WriteLine($"|{string.Join('|', widths.Select((width, column) => new string('-', width + 1) + (column == 0 ? "-" : ":")))}|");
        foreach (string[] row in _rows.Skip(1))
            PrintRow(row, widths);
    }

    public static string Rate(double perSecond) => perSecond >= 100 ? $"{perSecond:0}" : $"{perSecond:0.0}";

    public static string Ratio(double ratio) => $"{ratio:0.00}";

    private static void PrintRow(string[] row, int[] widths) => Console.WriteLine(
        $"| {string.Join(" | ", row.Select((cell, column) => column == 0 ? cell.PadRight(widths[column]) : cell.PadLeft(widths[column])))} |");
}
