/* The HTML report: well-formed for odd documents, everything escaped, the same bytes for the same results.
 * With NALG_REPORT_SAMPLES set to a folder the pages of the examples are written there (tests/browser/run
 * looks at them). SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "core/memory.h"
#include "report/assets.h"
#include "report/report.h"

/* Examples written by hand from the contract of --json. */
static const char *const show_small =
    "{'neuroalg':'0.1.0','command':'show','model':{'spec':'mlp 2-3-1 x^2','pipeline':'input 2 | dense 3 | "
    "x^2 | dense 1',"
    "'parameters':9},'seed':1,'threads':1,'elapsed_s':0.001,'result':{'pipeline':'input 2 | dense 3 | x^2 | "
    "dense 1','layers':["
    "{'kind':'dense 3','input_shape':[2],'output_shape':[3],'parameters':6},"
    "{'kind':'x^2','input_shape':[3],'output_shape':[3],'parameters':0},"
    "{'kind':'dense "
    "1','input_shape':[3],'output_shape':[1],'parameters':3}],'parameters':9,'input_shape':[2],'output_shape'"
    ":[1],"
    "'class':'polynomial','degree':2},'evidence':{'status':'proved'}}";
static const char *const dim_small =
    "{'neuroalg':'0.1.0','command':'dim','model':{'spec':'mlp 2-3-1 x^2','pipeline':'input 2 | dense 3 | x^2 "
    "| dense 1',"
    "'parameters':9},'seed':1,'threads':1,'elapsed_s':0.01,'result':{'dimension':3,'ambient':3,'expected':3,'"
    "defect':0,"
    "'filling':true,'fiber_dimension':6,'parameters':9,'lower_bound':3,'upper_bound':3,'upper_bounds':["
    "{'kind':'ambient','value':3,'source':'dimension of the span of the functions of the model'},"
    "{'kind':'symmetries','value':6,'source':'parameters minus the rank of the known symmetry "
    "fields'}],'local_dimension':null,"
    "'symmetries':[{'name':'scaling of the 3 units of layer "
    "2','dimension':3}]},'evidence':{'status':'proved','lower':"
    "{'prime':8388593,'seed':1,'pivot_parameters':[0,1,2],'pivot_samples':[0,1,4]}}}";
static const char *const show_large =
    "{'neuroalg':'0.1.0','command':'show','model':{'spec':'input 1x28x28 | conv2d 5x5 out=6 stride=2 | x^2 | "
    "residual(conv2d 3x3 "
    "out=6 pad=1 | x^2) | flatten | dense 84 bias | x^3-2*x+1/2 | dense 10','pipeline':'input 1x28x28 | "
    "conv2d 5x5 out=6 stride=2 "
    "| x^2 | residual(conv2d 3x3 out=6 pad=1 | x^2) | flatten | dense 84 bias | x^3-2*x+1/2 | dense "
    "10','parameters':74004},"
    "'seed':7,'threads':2,'elapsed_s':1.5,'result':{'layers':["
    "{'kind':'conv2d 5x5 out=6 stride=2','input_shape':[1,28,28],'output_shape':[6,12,12],'parameters':150},"
    "{'kind':'x^2','input_shape':[6,12,12],'output_shape':[6,12,12],'parameters':0},"
    "{'kind':'residual(conv2d 3x3 out=6 pad=1 | "
    "x^2)','input_shape':[6,12,12],'output_shape':[6,12,12],'parameters':324},"
    "{'kind':'flatten','input_shape':[6,12,12],'output_shape':[864],'parameters':0},"
    "{'kind':'dense 84 bias','input_shape':[864],'output_shape':[84],'parameters':72660},"
    "{'kind':'x^3-2*x+1/2','input_shape':[84],'output_shape':[84],'parameters':0},"
    "{'kind':'dense "
    "10','input_shape':[84],'output_shape':[10],'parameters':840}],'parameters':74004,'input_shape':[1,28,28]"
    ","
    "'output_shape':[10],'class':'polynomial','degree':12},'evidence':{'status':'proved'}}";
static const char *const dim_large = "{'neuroalg':'0.1.0','command':'dim','model':{'spec':'input 1x28x28 | "
                                     "conv2d 5x5 out=6 stride=2 | x^2 | residual(conv2d 3x3 "
                                     "out=6 pad=1 | x^2) | flatten | dense 84 bias | x^3-2*x+1/2 | dense "
                                     "10','pipeline':'input 1x28x28 | conv2d 5x5 out=6 stride=2 "
                                     "| x^2 | residual(conv2d 3x3 out=6 pad=1 | x^2) | flatten | dense 84 "
                                     "bias | x^3-2*x+1/2 | dense 10','parameters':74004},"
                                     "'seed':7,'threads':2,'elapsed_s':1.5,'result':{'dimension':73121,'"
                                     "ambient':'340282366920938463463374607431','expected':73998,"
                                     "'defect':877,'filling':false,'fiber_dimension':883,'parameters':74004,'"
                                     "lower_bound':73121,'upper_bound':73998,'upper_bounds':["
                                     "{'kind':'ambient','value':'340282366920938463463374607431','source':'"
                                     "dimension of the span of the functions of the model'},"
                                     "{'kind':'symmetries','value':73998,'source':'parameters minus the rank "
                                     "of the known symmetry fields'}],'local_dimension':73000,"
                                     "'symmetries':[{'name':'scaling of the 6 channels between the "
                                     "convolutions','dimension':6}]},'evidence':{'status':'probable',"
                                     "'epsilon':1.7e-9,'lower':{'prime':8388593,'seed':7,'pivot_parameters':["
                                     "0,1,2,3],'pivot_samples':[0,1,2,3]}}}";
static const char *const hostile =
    "{'neuroalg':'0.1.0','command':'dim','model':{'spec':'<script>alert(1)</script>\\\"\\' & "
    "\\u00e9\\u202e','pipeline':"
    "'</title></script><img src=x "
    "onerror=alert(2)>','parameters':'<b>9</b>'},'seed':'</script>','result':{'dimension':'<i>3</i>',"
    "'upper_bounds':[{'kind':'</td><script>','value':'\\u0007','source':'\\\" "
    "onload=\\\"x'}],'symmetries':[{'name':'<svg onload=alert(3)>',"
    "'dimension':[1,[2,{'<u>':null}]]}]},'evidence':{'status':'<script>','epsilon':'<s>','lower':{'<p>':'</"
    "pre>'}}}";
static const char *const other =
    "{'neuroalg':'0.1.0','command':'future','model':{'spec':'mlp 2-3-1 x^2','pipeline':'input 2 | dense 3 | "
    "x^2 | dense 1',"
    "'parameters':9},'seed':1,'result':{'degree':2,'count':3,'independent':3,'laws':['w1^2 - 2*v1^2','w2^2 - "
    "2*v2^2'],"
    "'lie_rank':null,'table':[{'a':1,'b':'x'},{'a':20000,'b':null}]},'evidence':{'status':'proved'}}";

/* The examples are written with single quotes; \' stays one. */
static json_t *parse(const char *text)
{
    char *copy = strdup(text), *to = copy;
    assert_non_null(copy);
    for (const char *s = text; *s; s++) {
        if (s[0] == '\\' && s[1] == '\'')
            *to++ = *++s;
        else
            *to++ = *s == '\'' ? '"' : *s;
    }
    *to = 0;
    json_error_t error;
    json_t *value = json_loads(copy, 0, &error);
    if (!value) fail_msg("%s at column %d", error.text, error.column);
    free(copy);
    return value;
}

static char *page_of(size_t *length, const char *const *texts, size_t count)
{
    nalg_ctx *ctx = NULL;
    json_t *documents[8];
    char *html = NULL;
    assert_int_equal(nalg_ctx_create(&ctx), NALG_OK);
    assert_true(count <= 8);
    for (size_t i = 0; i < count; i++) documents[i] = parse(texts[i]);
    assert_int_equal(nalg_report_html(ctx, &html, length, documents, count), NALG_OK);
    for (size_t i = 0; i < count; i++) json_decref(documents[i]);
    nalg_ctx_free(ctx);
    assert_int_equal(strlen(html), *length);
    return html;
}

static void assert_contains(const char *html, const char *part)
{
    if (!strstr(html, part)) fail_msg("not in the page: %s", part);
}

static size_t occurrences(const char *html, const char *part)
{
    size_t count = 0;
    for (const char *s = html; (s = strstr(s, part)); s += strlen(part)) count++;
    return count;
}

static void save(const char *name, const char *html, size_t length)
{
    const char *folder = getenv("NALG_REPORT_SAMPLES");
    char path[1024];
    if (!folder) return;
    snprintf(path, sizeof path, "%s/%s.html", folder, name);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(html, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
}

/* Found 15 of 20, with a theorem or a trace test or neither: only what is known is "exactly". */
static void a_lower_bound_is_not_the_degree(void **state)
{
    (void)state;
    static const char *const frame = "{'neuroalg':'0.1.0','command':'degree','model':{'spec':'linear "
                                     "4-2-4','pipeline':'input 4 | dense 2 | dense 4',"
                                     "'parameters':16},'seed':1,'result':{'dimension':12,'degree':15,'"
                                     "ambient':16,'solutions_certified':14,"
                                     "'trace_residual':0.5,'theorem':%s,'found_per_round':[15]},'evidence':{'"
                                     "status':'%s','stopped':'a limit was reached'}}";
    static const struct {
        const char *theorem, *status, *says, *why;
    } cases[] = {
        {"{'value':20,'source':'S'}", "unknown", "pass at least 14 functions",
         "there may be more"},
        {"null", "proved_lower", "pass at least 14 functions", "there may be more"},
        {"null", "numerical", "pass exactly 15 functions", "supported by the trace test"},
        {"{'value':15,'source':'S'}", "proved", "pass exactly 15 functions", "that of a theorem (S)"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[1024];
        const char *texts[] = {text};
        size_t length;
        snprintf(text, sizeof text, frame, cases[i].theorem, cases[i].status);
        char *html = page_of(&length, texts, 1);
        assert_contains(html, cases[i].says);
        assert_contains(html, cases[i].why);
        free(html);
    }
}

static void answers_are_on_the_page(void **state)
{
    (void)state;
    const char *texts[] = {show_small, dim_small};
    size_t length;
    char *html = page_of(&length, texts, 2);
    save("small", html, length);
    assert_contains(html, "<title>mlp 2-3-1 x^2 - neuroalg report</title>");
    assert_contains(html, "<h2 id=\"dimension-title\">Dimension <a class=\"badge exact\"");
    assert_contains(html, "The model <em>fills</em> its space");
    assert_contains(html, "Of the 9 parameters 6 (67 %) are redundant");
    assert_contains(html, "3 noise-free measurements");
    assert_contains(html, "<td>ambient <span class=\"mark\">binds</span></td><td class=\"number\">3</td>");
    assert_contains(html, "<td>symmetries</td><td class=\"number\">6</td>");
    assert_contains(
        html, "a minor of the Jacobian with 3 rows and columns does not vanish modulo the prime 8\xE2\x80\xAF"
              "388\xE2\x80\xAF"
              "593");
    assert_contains(html,
                    "neuroalg dim mlp 2-3-1 x^2 --seed 1 --json -o result.json\nneuroalg verify result.json");
    assert_int_equal(occurrences(html, "<rect class=\"map\""), 2);
    assert_true(length < 1500000);
    free(html);
}

static void large_models_stay_readable(void **state)
{
    (void)state;
    const char *texts[] = {show_large, dim_large};
    size_t length;
    char *html = page_of(&length, texts, 2);
    save("large", html, length);
    assert_contains(html, "1\xC3\x97"
                          "28\xC3\x97"
                          "28");
    assert_contains(html, "1.7&#8239;&times;&#8239;10<sup>&minus;9</sup>");
    assert_contains(html, "the model is <em>defective</em>, with defect 877");
    assert_contains(html, "less than at generic ones");
    assert_contains(html, "neuroalg dim &#39;input 1x28x28 | conv2d"); /* quoted for a shell */
    assert_contains(html, "\"logarithmic\"");
    free(html);
}

static void hostile_texts_stay_texts(void **state)
{
    (void)state;
    const char *texts[] = {hostile};
    size_t length;
    char *html = page_of(&length, texts, 1);
    save("hostile", html, length);
    assert_contains(html, "<h1><code>&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39; &amp; \xC3\xA9");
    assert_null(strstr(html, "<script>alert"));
    assert_null(strstr(html, "<img src=x"));
    assert_null(strstr(html, "<svg onload"));
    assert_null(strstr(html, "\" onload=\"x"));
    assert_null(strstr(html, "<i>3"));
    assert_null(strstr(html, "\x07"));
    assert_null(strstr(html, "\xE2\x80\xAE")); /* right-to-left override */
    assert_null(strstr(html, "--seed &lt;"));  /* only a number goes into a shell unquoted */
    assert_int_equal(occurrences(html, "<title>"), 1);
    /* Scripts open and close exactly where the page says. */
    assert_int_equal(occurrences(html, "</script"),
                     occurrences(html, "<script>") + occurrences(html, "<script type"));
    free(html);
}

static void odd_documents_give_a_page(void **state)
{
    (void)state;
    static const char *const odd[] = {
        "{}",
        "{'command':'dim'}",
        "{'command':'dim','result':null,'evidence':null,'model':null}",
        "{'command':'dim','result':[],'evidence':[],'model':[]}",
        "{'command':'dim','result':{'dimension':null,'ambient':null,'filling':null,'upper_bounds':null,'"
        "lower_bound':2,'upper_bound':5},"
        "'evidence':{'status':'interval'}}",
        "{'command':'dim','result':{'dimension':7,'ambient':0,'parameters':0,'upper_bounds':[null,1,'x',{}],'"
        "symmetries':{}}}",
        "{'command':'show','result':{'layers':[null,1,{},{'kind':3,'parameters':'many','input_shape':'x'}],'"
        "input_shape':[]}}",
        "{'command':'show','result':{'layers':{'a':1}}}",
        "{'command':7,'model':{'spec':7},'result':{}}",
        "{'command':'dim','error':{'what':'the model is <too> large','hint':'use a smaller one'}}",
    };
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        size_t length;
        char *html = page_of(&length, &odd[i], 1);
        assert_contains(html, "</html>");
        if (i == 4) assert_contains(html, "it is at least 2 and at most 5");
        if (i == 9) assert_contains(html, "Not answered: the model is &lt;too&gt; large. use a smaller one");
        free(html);
    }
}

static void commands_without_a_section_are_shown(void **state)
{
    (void)state;
    const char *texts[] = {show_small, dim_small, other};
    size_t length;
    char *html = page_of(&length, texts, 3);
    save("other", html, length);
    assert_contains(html, "<h2>future ");
    assert_contains(html, "<dt>lie rank</dt><dd>unknown</dd>");
    assert_contains(html, "w1^2 - 2*v1^2, w2^2 - 2*v2^2");
    assert_contains(html, "20\xE2\x80\xAF"
                          "000");
    free(html);
}

static void deep_models_are_shortened(void **state)
{
    (void)state;
    json_t *document = parse(show_small), *layers = json_array();
    for (int i = 0; i < 100; i++)
        json_array_append_new(layers, json_pack("{s:s, s:[i], s:[i], s:i}", "kind", "dense 2", "input_shape",
                                                2, "output_shape", 2, "parameters", 4));
    json_object_set_new(json_object_get(document, "result"), "layers", layers);
    nalg_ctx *ctx = NULL;
    char *html = NULL;
    size_t length;
    assert_int_equal(nalg_ctx_create(&ctx), NALG_OK);
    assert_int_equal(nalg_report_html(ctx, &html, &length, &document, 1), NALG_OK);
    save("deep", html, length);
    assert_contains(html, "64 more layers"); /* 100 less the first 24 and the last 12 */
    assert_int_equal(occurrences(html, "<rect class=\"map\""), 36);
    free(html);
    json_decref(document);
    nalg_ctx_free(ctx);
}

static void same_results_same_bytes(void **state)
{
    (void)state;
    json_t *slower = parse(dim_small);
    json_object_set_new(slower, "elapsed_s", json_real(3.25));
    char *dumped = json_dumps(slower, 0);
    const char *once[] = {show_small, dim_small}, *again[] = {show_small, dumped};
    size_t first_length, second_length;
    char *first = page_of(&first_length, once, 2), *second = page_of(&second_length, again, 2);
    assert_int_equal(first_length, second_length);
    assert_memory_equal(first, second, first_length);
    free(first);
    free(second);
    free(dumped);
    json_decref(slower);
}

/* Nothing in the page is fetched: addresses stand in the list of references only. */
static void nothing_is_requested(void **state)
{
    (void)state;
    const char *texts[] = {show_small, dim_small};
    size_t length;
    char *html = page_of(&length, texts, 2);
    assert_int_equal(occurrences(html, "src=\""), 0);
    assert_int_equal(occurrences(html, "href=\"http"), occurrences(html, "rel=\"noreferrer\" href=\"http"));
    assert_int_equal(occurrences(html, "url(fonts"), 0);
    assert_contains(html, "default-src 'none'");
    if (nalg_asset_find("katex.css")) assert_true(occurrences(html, "url(data:font/woff2;base64,") >= 5);
    free(html);
}

static void wrong_arguments_are_refused(void **state)
{
    (void)state;
    nalg_ctx *ctx = NULL;
    char *html = NULL;
    size_t length = 7;
    json_t *documents[] = {parse(show_small), parse(dim_large)}, *array[] = {json_array()};
    assert_int_equal(nalg_ctx_create(&ctx), NALG_OK);
    assert_int_equal(nalg_report_html(ctx, &html, &length, documents, 0), NALG_E_ARGUMENT);
    assert_int_equal(nalg_report_html(ctx, &html, &length, array, 1), NALG_E_ARGUMENT);
    assert_int_equal(nalg_report_html(ctx, &html, &length, documents, 2), NALG_E_ARGUMENT); /* two models */
    assert_null(html);
    assert_int_equal(length, 7);
    json_decref(documents[0]);
    json_decref(documents[1]);
    json_decref(array[0]);
    nalg_ctx_free(ctx);
}

static void failed_allocations_are_reported(void **state)
{
    (void)state;
    nalg_ctx *ctx = NULL;
    json_t *documents[] = {parse(show_small), parse(dim_small)};
    assert_int_equal(nalg_ctx_create(&ctx), NALG_OK);
    long k = 1;
    for (;; k++) {
        char *html = NULL;
        size_t length = 7;
        nalg_memory_fail_at(k);
        nalg_status status = nalg_report_html(ctx, &html, &length, documents, 2);
        nalg_memory_fail_at(0);
        if (status == NALG_OK) {
            free(html);
            break;
        }
        assert_int_equal(status, NALG_E_MEMORY);
        assert_null(html);
        assert_int_equal(length, 7);
        assert_true(k < 10000);
    }
    assert_true(k > 10); /* the sweep met the allocations */
    json_decref(documents[0]);
    json_decref(documents[1]);
    nalg_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_are_on_the_page),
        cmocka_unit_test(a_lower_bound_is_not_the_degree),
        cmocka_unit_test(large_models_stay_readable),
        cmocka_unit_test(hostile_texts_stay_texts),
        cmocka_unit_test(odd_documents_give_a_page),
        cmocka_unit_test(commands_without_a_section_are_shown),
        cmocka_unit_test(deep_models_are_shortened),
        cmocka_unit_test(same_results_same_bytes),
        cmocka_unit_test(nothing_is_requested),
        cmocka_unit_test(wrong_arguments_are_refused),
        cmocka_unit_test(failed_allocations_are_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
