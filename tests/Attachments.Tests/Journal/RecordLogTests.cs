using System.Text;
using OrthancCloudFs.Attachments.Journal;
using Xunit;

namespace OrthancCloudFs.Attachments.Tests.Journal;

/// <summary>What was acknowledged is there after any crash, and what was damaged is told from what was not.</summary>
public sealed class RecordLogTests : IDisposable
{
    private static readonly string[] Texts = ["one", "two", "three"];

    private readonly string _folder = Directory.CreateTempSubdirectory("orthanc-cloudfs-log-").FullName;

    private string LogPath => Path.Combine(_folder, "test.log");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Records_come_back_in_order()
    {
        await WriteAsync("one", "two", new string('x', 100_000));
        Assert.Equal(["one", "two", new string('x', 100_000)], Reopen(out RecordLogContent content));
        Assert.Empty(content.Damages);
    }

    [Fact]
    public async Task After_a_rewrite_whose_name_is_not_safe_nothing_is_acknowledged_until_it_is()
    {
        bool fails = false;
        void Flush(string folder)
        {
            if (fails)
                throw new IOException("too many open files");
        }

        await using (RecordLog log = RecordLog.Open(LogPath, Flush, out _))
        {
            await log.AppendAsync("one"u8.ToArray());
            fails = true;
            await Assert.ThrowsAsync<IOException>(() => log.RewriteAsync(() => ["live"u8.ToArray()]));
            await Assert.ThrowsAsync<IOException>(() => log.AppendAsync("refused"u8.ToArray()));
            fails = false;
            await log.AppendAsync("two"u8.ToArray());
            Assert.Equal((1, 1), (log.Rewritten, log.Appended));
        }

        Assert.Equal(["live", "two"], Reopen(out RecordLogContent content));
        Assert.Empty(content.Damages);
    }

    [Fact]
    public async Task Many_writers_lose_nothing()
    {
        string[] texts = [.. Enumerable.Range(0, 500).Select(i => $"record {i}")];
        await using (RecordLog log = RecordLog.Open(LogPath, out _))
        {
            await Task.WhenAll(texts.Select(text => Task.Run(() => log.AppendAsync(Encoding.UTF8.GetBytes(text)))));
            Assert.Equal(500, log.Appended);
        }

        Assert.Equal(texts.Order(StringComparer.Ordinal), Reopen(out _).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_tail_that_a_crash_tore_off_is_named_and_the_rest_is_used()
    {
        await WriteAsync("one", "two", "three");
        byte[] whole = await File.ReadAllBytesAsync(LogPath);
        byte[] third = RecordFormat.FormatRecords([Encoding.UTF8.GetBytes("three")]);
        for (int cut = 1; cut < third.Length; cut++)
        {
            await File.WriteAllBytesAsync(LogPath, whole[..^cut]);
            Assert.Equal(["one", "two"], Reopen(out RecordLogContent content));
            Assert.Equal([new RecordLogDamage(whole.Length - third.Length, third.Length - cut, IsTail: true)], content.Damages);
            Assert.Equal(["one", "two"], Reopen(out content)); // mended
            Assert.Empty(content.Damages);
        }
    }

    [Fact]
    public async Task Any_flipped_bit_is_found_and_costs_no_more_than_its_record()
    {
        await WriteAsync("one", "two", "three");
        byte[] whole = await File.ReadAllBytesAsync(LogPath);
        int title = whole.AsSpan().IndexOf((byte)'\n') + 1;
        for (int bit = title * 8; bit < whole.Length * 8; bit++)
        {
            byte[] flipped = [.. whole];
            flipped[bit / 8] ^= (byte)(1 << (bit % 8));
            RecordLogContent content = RecordFormat.Read(flipped);
            Assert.Single(content.Damages);
            string[] texts = [.. content.Records.Select(record => Encoding.UTF8.GetString(record))];
            Assert.Equal(2, texts.Length);
            Assert.All(texts, text => Assert.Contains(text, Texts, StringComparer.Ordinal));
        }
    }

    [Fact]
    public void Any_bytes_at_all_are_read_without_an_exception()
    {
        var random = new Random(1);
        byte[] good = RecordFormat.Format([[1, 2, 3], new byte[500], [4]]);
        for (int round = 0; round < 20_000; round++)
        {
            byte[] bytes = [.. good.AsSpan(0, random.Next(good.Length + 1)), .. RecordFormat.Format([new byte[random.Next(1, 50)]])];
            for (int change = random.Next(6); change > 0; change--)
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            RecordLogContent content = RecordFormat.Read(bytes);
            Assert.True(content.Records.Sum(record => record.Length + 12L) + content.Damages.Sum(damage => damage.Length) <= bytes.Length);
        }
    }

    [Fact]
    public async Task A_damaged_file_is_kept_aside()
    {
        await WriteAsync("one", "two");
        byte[] damaged = await File.ReadAllBytesAsync(LogPath);
        damaged[^1] ^= 1;
        await File.WriteAllBytesAsync(LogPath, damaged);

        Assert.Equal(["one"], Reopen(out _));

        Assert.Equal(damaged, await File.ReadAllBytesAsync(Assert.Single(Directory.GetFiles(_folder, "*.damaged-*"))));
    }

    [Fact]
    public async Task A_rewritten_log_holds_what_is_live_and_what_came_later()
    {
        await using (RecordLog log = RecordLog.Open(LogPath, out _))
        {
            foreach (string text in (string[])["one", "two", "three"])
                await log.AppendAsync(Encoding.UTF8.GetBytes(text));
            long before = new FileInfo(LogPath).Length;
            await log.RewriteAsync(() => [Encoding.UTF8.GetBytes("two")]);
            Assert.True(new FileInfo(LogPath).Length < before);
            Assert.Equal(0, log.Appended);
            await log.AppendAsync(Encoding.UTF8.GetBytes("four"));
        }

        Assert.Equal(["two", "four"], Reopen(out RecordLogContent content));
        Assert.Empty(content.Damages);
    }

    [Fact]
    public async Task What_cannot_be_written_is_an_error_and_does_not_come_back()
    {
        await using (RecordLog log = RecordLog.Open(LogPath, out _))
        {
            await log.AppendAsync("one"u8.ToArray());
            Directory.CreateDirectory(LogPath + ".new"); // in the way of a rewrite
            await Assert.ThrowsAsync<IOException>(() => log.RewriteAsync(() => []));
            await log.AppendAsync("two"u8.ToArray());
            Directory.Delete(LogPath + ".new");
            await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => log.AppendAsync(default));
            await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => log.AppendAsync(new byte[RecordFormat.LongestRecord + 1]));
        }

        Assert.Equal(["one", "two"], Reopen(out _));
    }

    [Fact]
    public async Task A_closed_log_takes_nothing()
    {
        RecordLog log = RecordLog.Open(LogPath, out _);
        await log.DisposeAsync();
        await Assert.ThrowsAsync<IOException>(() => log.AppendAsync("one"u8.ToArray()));
        await log.DisposeAsync();
    }

    private async Task WriteAsync(params string[] texts)
    {
        await using RecordLog log = RecordLog.Open(LogPath, out RecordLogContent content);
        Assert.Empty(content.Records);
        foreach (string text in texts)
            await log.AppendAsync(Encoding.UTF8.GetBytes(text));
    }

    private string[] Reopen(out RecordLogContent content)
    {
        RecordLog log = RecordLog.Open(LogPath, out content);
        log.DisposeAsync().AsTask().GetAwaiter().GetResult();
        return [.. content.Records.Select(record => Encoding.UTF8.GetString(record))];
    }
}
