# Check - what the tools/check-* scripts share: the tree, C read as code or as
# string literals, and findings. Only what Debian's perl-base has.
#
#	my $root = check_root();
#	for my $file (check_files(qr{^engine/.*\.c$})) { ...
#		found($file, $line, 'what was found', 'why it is wrong'); }
#	check_done();
package Check;

use strict;
use warnings;
use Exporter 'import';
use File::Basename;

our @EXPORT = qw(check_root check_data check_files check_text found check_done
	folder_of c_code c_literals line_at);

my $name = basename($0);
my ($root, $files, @findings) = ('', 0);

# The first argument, or the repository this script lies in.
sub check_root
{
	$root = $ARGV[0] // dirname(__FILE__) . '/../..';
	-d $root or die "$name: no folder $root\n";
	return $root;
}

# The rows of a script's data, split at ' | ', without comments.
sub check_data
{
	return map { s/^\s+|\s+$//g; [split /\s+\|\s+/] }
		grep { !/^\s*(#|$)/ } split /\n/, shift;
}

# Paths below the root that match, sorted; what is built or fetched is left out.
sub check_files
{
	my ($pattern) = @_;
	my @left = ('');
	my @paths;

	while (@left) {
		my $dir = shift @left;
		opendir my $handle, "$root/$dir" or die "$name: $dir: $!\n";
		for my $entry (readdir $handle) {
			my $path = $dir eq '' ? $entry : "$dir/$entry";
			next if $entry =~ /^(\.\.?|\.git|\.guidon|node_modules)$/
				|| $path eq 'build' || -l "$root/$path";
			push @left, $path if -d "$root/$path";
			push @paths, $path if -f _ && $path =~ $pattern;
		}
		closedir $handle;
	}
	$files = @paths;
	return sort @paths;
}

sub check_text
{
	my ($path) = @_;

	open my $in, '<', "$root/$path" or die "$name: $path: $!\n";
	local $/;
	return scalar(<$in>) // '';
}

sub found
{
	my ($file, $line, $what, $why) = @_;

	push @findings, [$file, $line, "$file:$line: $what, $why\n"];
}

sub check_done
{
	print map { $_->[2] } sort { $a->[0] cmp $b->[0] || $a->[1] <=> $b->[1] } @findings;
	print "$name: ok, $files files\n" unless @findings;
	exit(@findings ? 1 : 0);
}

# engine/outbox/x.c: outbox; engine/lib/db/x.c: lib/db; engine/main.c: main.
sub folder_of
{
	return shift =~ m{^engine/((?:lib/)?[^/]+)/} ? $1 : 'main';
}

my $token = qr{(?<comment> //[^\n]* | /\*.*?\*/ )
	| (?<string> "(?:[^"\\\n]|\\.)*" ) | (?<char> '(?:[^'\\\n]|\\.)*' )
	| (?<other> [^"'/]+ | . )}xs;

# The code, line for line, without comments and without what strings say.
sub c_code
{
	my ($text) = @_;
	my $code = '';

	while ($text =~ /\G$token/gc) {
		my $lines = ($& =~ tr/\n//);
		$code .= defined $+{other} ? $+{other}
			: (defined $+{string} ? '""' : ' ') . "\n" x $lines;
	}
	return $code;
}

# String literals; neighbours are one, as in C: { text, starts => [[offset, line]...] }.
sub c_literals
{
	my ($text) = @_;
	my ($line, $open, @all) = (1, undef);

	while ($text =~ /\G$token/gc) {
		my $piece = $&;
		if (defined $+{string}) {
			my $inner = substr $piece, 1, -1;
			$inner =~ s/\\([nt"\\])/$1 =~ m{[nt]} ? ' ' : $1/ge;
			push @all, $open = { text => '', starts => [] } unless $open;
			push @{ $open->{starts} }, [length $open->{text}, $line];
			$open->{text} .= $inner;
		} elsif (!defined $+{comment} && $piece =~ /[^\s\\]/) {
			undef $open;
		}
		$line += ($piece =~ tr/\n//);
	}
	return @all;
}

# The line of a literal's offset, or of a text's.
sub line_at
{
	my ($where, $offset) = @_;
	my $line = 1;

	return 1 + (substr($where, 0, $offset) =~ tr/\n//) unless ref $where;
	for my $start (@{ $where->{starts} }) {
		$line = $start->[1] if $start->[0] <= $offset;
	}
	return $line;
}

1;
