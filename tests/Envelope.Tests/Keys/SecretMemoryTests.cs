using System.Globalization;
using OrthancCloudFs.Envelope.Keys;
using Xunit;

namespace OrthancCloudFs.Envelope.Tests.Keys;

public sealed class SecretMemoryTests
{
    [Fact]
    public void A_place_is_locked_and_in_no_dump_and_in_no_child()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Null(SecretMemory.FindWarning()); // there are no such flags to look at
            return;
        }

        nint place = SecretMemory.Take();
        string flags = FlagsAt(place);
        SecretMemory.Return(place);
        Assert.Contains(" dd ", flags, StringComparison.Ordinal); // MADV_DONTDUMP
        Assert.Contains(" wf ", flags, StringComparison.Ordinal); // MADV_WIPEONFORK
        Assert.Equal(SecretMemory.FindWarning() is null, flags.Contains(" lo ", StringComparison.Ordinal));
    }

    [Fact]
    public void Places_do_not_overlap_and_come_back_cleared()
    {
        const int Count = 300; // several pages
        nint[] places = [.. Enumerable.Range(0, Count).Select(_ => SecretMemory.Take())];
        for (int i = 0; i < Count; i++)
            SecretMemory.BytesOf(places[i]).Fill((byte)(i + 1));
        for (int i = 0; i < Count; i++)
            Assert.Equal(-1, SecretMemory.BytesOf(places[i]).IndexOfAnyExcept((byte)(i + 1)));
        foreach (nint place in places)
            SecretMemory.Return(place);

        places = [.. places.Select(_ => SecretMemory.Take())];
        foreach (nint place in places)
            Assert.Equal(-1, SecretMemory.BytesOf(place).IndexOfAnyExcept((byte)0));
        foreach (nint place in places)
            SecretMemory.Return(place);
    }

    [Fact]
    public void A_borrowed_secret_is_cleared_after_its_last_user()
    {
        var buffer = new SecretBuffer(48);
        SecretBuffer.Lease lease = buffer.Borrow();
        Assert.Equal(48, lease.Bytes.Length);
        lease.Bytes.Fill(7);
        buffer.Dispose();
        Assert.Equal(-1, lease.Bytes.IndexOfAnyExcept((byte)7));
        lease.Dispose();
        Assert.Throws<ObjectDisposedException>(() => buffer.Borrow());
    }

    /// <summary>VmFlags of the mapping that holds an address; see proc_pid_smaps(5).</summary>
    private static string FlagsAt(nint address)
    {
        bool isWanted = false;
        foreach (string line in File.ReadLines("/proc/self/smaps"))
        {
            string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            string[] range = words[0].Split('-');
            if (range.Length == 2)
            {
                isWanted = long.Parse(range[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture) <= address
                    && address < long.Parse(range[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            }
            else if (isWanted && words[0] == "VmFlags:")
            {
                return line + ' ';
            }
        }

        throw new InvalidOperationException("the address is in no mapping");
    }
}
